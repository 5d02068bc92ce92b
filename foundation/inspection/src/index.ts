export { ContributionPoint, contributionPoints } from './contribution-list.ts';
export { inspect } from './inspection.ts';
export type { Inspected } from './inspection.ts';
export { Ledger } from './ledger.ts';
export type { Noted, Role, Token } from './ledger.ts';
export { measured, measuredMethods } from './measured.ts';
export { ownersOf } from './owners.ts';
export { registerInspectionRoutes } from './routes.ts';
export type { InspectionSource } from './routes.ts';

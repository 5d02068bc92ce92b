export {
  CauseDocument,
  IsolationDocument,
  PluginEnded,
  restartOf,
  settled,
  showCause,
  showIsolation,
} from '@containr/cell';
export { checkGrant, grantKinds, isGranted, noGrants } from './grants.ts';
export type { GrantKind, Grants } from './grants.ts';
export { floodOf, isolate, isolationOf, residentBytes } from './isolate.ts';
export type { IsolateOptions, IsolatedPackage } from './isolate.ts';
export { registerGrantRoutes } from './grant-routes.ts';
export type { GrantedPlugin } from './grant-routes.ts';
export { grantsChannel, isolationMigrations, openGrants } from './grant-store.ts';
export type { GrantChange, GrantStore } from './grant-store.ts';

export { conformanceApp } from './app.ts';
export { builderConformance } from './builder.ts';
export type { BuilderSubject } from './builder.ts';
export { lentFolders } from './lent-folders.ts';
export { identityConformance } from './identity.ts';
export type { IdentitySubject } from './identity.ts';
export { runtimeConformance } from './runtime.ts';
export type { RuntimeSubject } from './subject.ts';

export type { PackageVersion } from './chosen.ts';
export { discover, readManifest, readPackage } from './package.ts';
export type { PluginPackage, Trust } from './package.ts';
export { openPackages } from './packages.ts';
export type { Packages } from './packages.ts';
export { requirementsOf, resolve } from './resolve.ts';
export type { Reserved } from './resolve.ts';
export { packageMigrations } from './schema.ts';
export { maxArchiveBytes } from './unpack-package.ts';

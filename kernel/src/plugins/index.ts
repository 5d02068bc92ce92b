export type { PluginPackage } from './package.ts';
export { discover, readManifest } from './package.ts';
export { Lifecycle } from './lifecycle.ts';
export type { PluginEntry, PluginState, Touched } from './lifecycle.ts';
export type { Parts } from './parts.ts';
export { PluginChanged, PluginDocument, registerPluginRoutes } from './plugin-routes.ts';
export { pluginMigrations } from './schema.ts';

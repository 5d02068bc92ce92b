export { Lifecycle } from './lifecycle.ts';
export type { PluginEntry, PluginState, Touched } from './plugin-entry.ts';
export type { Parts } from './parts.ts';
export { PluginChanged, PluginDocument, registerPluginRoutes } from './plugin-routes.ts';
export { pluginMigrations } from './schema.ts';

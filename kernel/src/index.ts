export { collectOpenApi } from './collect-open-api.ts';
export { HookRegistry } from './hooks/index.ts';
export { createPlatform } from './platform.ts';
export type { PlatformOptions } from './platform.ts';
export type { Platform } from './running-platform.ts';
export { discover, readManifest, readPackage } from '@containr/packages';
export type { PluginPackage } from '@containr/packages';
export type { PluginState } from './plugins/index.ts';

export { collectOpenApi } from './collect-open-api.ts';
export { HookRegistry } from './hooks/index.ts';
export { createPlatform } from './platform.ts';
export type { Platform, PlatformOptions } from './platform.ts';
export { discover, readManifest } from './plugins/index.ts';
export type { PluginPackage, PluginState } from './plugins/index.ts';

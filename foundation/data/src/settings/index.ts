export type { SettingChange } from './diff.ts';
export type { PluginSettings, SettingsView } from './plugin-settings.ts';
export { registerSettingsRoutes } from './routes.ts';
export { createSettings } from './settings.ts';
export type { Overrides, Settings } from './settings.ts';
export { settingsChannel } from './versions.ts';
export type { SettingsVersion } from './versions.ts';

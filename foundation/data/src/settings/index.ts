export { createSettings } from './settings.ts';
export type { Overrides, PluginSettings, Settings, SettingsView } from './settings.ts';

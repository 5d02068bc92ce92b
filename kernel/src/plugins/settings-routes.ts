import type { PluginContext } from '@containr/sdk';
import { registerSettingsRoutes } from '@containr/data';
import type { Settings } from '@containr/data';
import type { Lifecycle } from './lifecycle.ts';
import { settingsOf } from './running.ts';

/** Registers `/settings/{plugin}`, also for plugins that are off; a plugin that does not follow its settings is replaced. */
export function registerPluginSettings(http: PluginContext['http'], lifecycle: Lifecycle, settings: Settings): void {
  registerSettingsRoutes(http, {
    async open(plugin) {
      const entry = lifecycle.entry(plugin);
      return entry.running?.settings ?? settings.open<unknown>(plugin, settingsOf(await entry.package.load()));
    },
    async changed(plugin, by) {
      const { running } = lifecycle.entry(plugin);
      if (running && !running.followsSettings) await lifecycle.replace(plugin, by);
    },
  });
}

import type { PluginContext } from '@containr/sdk';
import { isContainrError } from '@containr/sdk';
import { registerSettingsRoutes } from '@containr/data';
import type { PluginSettings, Settings } from '@containr/data';
import type { Lifecycle } from './lifecycle.ts';
import { settingsOf } from './running.ts';

/** Registers `/settings/{plugin}`, also for plugins that are off, and for the install itself (`kernel`); a plugin that does not follow its settings is replaced. */
export function registerPluginSettings(
  http: PluginContext['http'],
  lifecycle: Lifecycle,
  settings: Settings,
  own: PluginSettings<unknown>,
): void {
  registerSettingsRoutes(http, {
    async open(plugin) {
      if (plugin === 'kernel') return own;
      const entry = lifecycle.entry(plugin);
      return entry.running?.settings ?? settings.open<unknown>(plugin, settingsOf(await entry.package.load()));
    },
    async changed(plugin, by) {
      if (plugin === 'kernel') return;
      const { running } = lifecycle.entry(plugin);
      if (!running || running.followsSettings) return;
      await lifecycle.replace(plugin, by).catch((error: unknown) => {
        // It went off meanwhile: it is set up with them when it is on again.
        if (!isContainrError(error) || error.code !== 'CONFLICT_PLUGIN_OFF') throw error;
      });
    },
  });
}

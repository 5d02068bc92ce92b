import type { Pool } from 'pg';
import type { JSONSchema, Logger } from '@containr/sdk';
import type { KeyRing } from '../secrets/key-ring.ts';
import type { Followed, PluginSettings } from './plugin-settings.ts';
import { openPluginSettings } from './plugin-settings.ts';

/** Settings by plugin that the start command fixes. */
export type Overrides = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** All plugins' settings. */
export interface Settings {
  /** Reads a plugin's settings. Throws `INVALID` when what is stored or overridden does not fit the schema. */
  open<S>(plugin: string, schema: JSONSchema): Promise<PluginSettings<S>>;
  /** Takes over what another process changed of a plugin's settings (`null`: of any), where they are followed here. */
  refresh(plugin: string | null): Promise<void>;
}

/** Makes the settings of an install. */
export function createSettings(options: {
  pool: Pool;
  keyRing: KeyRing;
  log: Logger;
  overrides?: Overrides;
}): Settings {
  const { pool, keyRing, log, overrides = {} } = options;
  const followed = new Set<Followed>();
  return {
    open: (plugin, schema) =>
      openPluginSettings({ pool, keyRing, fixed: overrides[plugin] ?? {}, followed }, plugin, schema),
    async refresh(plugin) {
      for (const one of followed)
        if (plugin === null || one.plugin === plugin)
          await one
            .refresh()
            .catch((error: unknown) =>
              log.error({ error, plugin: one.plugin }, 'Settings that another process changed could not be taken over'),
            );
    },
  };
}

import type { Pool } from 'pg';
import type { JSONSchema, Logger } from '@containr/sdk';
import { notFound } from '@containr/sdk';
import type { KeyRing } from '../secrets/key-ring.ts';
import type { Followed, PluginSettings } from './plugin-settings.ts';
import { openPluginSettings } from './plugin-settings.ts';
import { readStored } from './versions.ts';

/** Settings by plugin that the start command fixes. */
export type Overrides = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** All plugins' settings. */
export interface Settings {
  /** Reads a plugin's settings. Throws `INVALID` when what is stored or overridden does not fit the schema. */
  open<S>(plugin: string, schema: JSONSchema): Promise<PluginSettings<S>>;
  /** Takes over what another process changed of a plugin's settings (`null`: of any), where they are followed here. */
  refresh(plugin: string | null): Promise<void>;
  /** A secret setting that an admin stored, by its full name (`mail.password`), opened now. Throws `NOT_FOUND`, `SECRET_UNREADABLE`. */
  secret(name: string): Promise<string>;
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
    async secret(name) {
      const cut = name.indexOf('.');
      const [plugin, setting] = [name.slice(0, cut), name.slice(cut + 1)];
      const { value } = await readStored(pool, plugin);
      const sealed = Object.hasOwn(value, setting) ? value[setting] : undefined;
      // What is no secret is not read in this way, and can't be opened.
      if (typeof sealed !== 'string' || !/^v\d+\./.test(sealed)) throw notFound(`secret "${name}"`);
      return keyRing.open(plugin, `setting ${setting}`, sealed);
    },
  };
}

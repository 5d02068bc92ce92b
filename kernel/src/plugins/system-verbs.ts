import type { ContainrError, Principal } from '@containr/sdk';
import { systemPrincipal } from './identify.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { PluginState } from './plugin-entry.ts';

/** The life of plugins as whoever composes the platform steers it; each verb that was carried out is noted in the audit log. */
export interface SystemVerbs {
  state(plugin: string): PluginState | null;
  list(): readonly { name: string; state: PluginState; cause: ContainrError | null }[];
  enable(plugin: string): Promise<void>;
  disable(plugin: string): Promise<void>;
  replace(plugin: string): Promise<void>;
}

/** Makes {@link SystemVerbs}. */
export function systemVerbs(
  life: Lifecycle,
  audit: { note(principal: Principal, verb: string, targets: Readonly<Record<string, string>>): Promise<unknown> },
): SystemVerbs {
  async function noted(verb: string, name: string, work: Promise<unknown>): Promise<void> {
    await work;
    await audit.note(systemPrincipal, `plugin.${verb}`, { name });
  }
  return {
    state: (plugin) => life.entries.find((entry) => entry.package.name === plugin)?.state ?? null,
    list: () => life.entries.map((entry) => ({ name: entry.package.name, state: entry.state, cause: entry.cause })),
    enable: (plugin) => noted('enable', plugin, life.enable(plugin, 'system')),
    disable: (plugin) => noted('disable', plugin, life.disable(plugin, 'system')),
    replace: (plugin) => noted('replace', plugin, life.replace(plugin, 'system')),
  };
}

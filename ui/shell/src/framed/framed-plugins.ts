import { computed, shallowRef } from 'vue';
import type { UiContribution, UiList } from '@containr/sdk/ui';
import { recalled, remember } from './descriptions.ts';
import { framedContributions } from './framed-contributions.ts';
import type { FramedHost } from './framed-plugin.ts';
import { framedPlugin } from './framed-plugin.ts';
import { frameWorker } from './worker.ts';
import type { Worker } from './worker.ts';

interface Framed {
  readonly pluginName: string;
  readonly worker: Worker;
  readonly contributions: readonly UiContribution[];
}

/** What the plugins add that are not trusted, as they come and go. Their code says it, so it is known a moment after the list. */
export function framedPlugins() {
  const loaded = shallowRef<ReadonlyMap<string, Framed>>(new Map());
  const pending = shallowRef<ReadonlySet<string>>(new Set());
  const broken = shallowRef<ReadonlyMap<string, string>>(new Map());
  /** By name: what of the list is served or awaited. */
  const wanted = new Map<string, string>();

  /** Follows the list; without a host, which is when nobody is signed in, there are none. */
  function follow(list: UiList['plugins'], host: FramedHost | null): void {
    const listed = host ? list.filter((one) => one.framed) : [];
    const names = new Set(listed.map(({ name }) => name));
    for (const name of wanted.keys()) if (!names.has(name)) leave(name);
    for (const one of listed) {
      const key = JSON.stringify(one);
      if (wanted.get(one.name) === key || !host) continue;
      wanted.set(one.name, key);
      void enter(one, key, host);
    }
  }

  async function enter(listed: UiList['plugins'][number], key: string, host: FramedHost): Promise<void> {
    const plugin = framedPlugin(listed, host);
    if (!plugin) return;
    const { name, displayName: pluginName } = plugin;
    const worker = frameWorker(plugin);
    pending.value = new Set([...pending.value, name]);
    const isCurrent = () => wanted.get(name) === key;
    try {
      const known = recalled(plugin);
      const described = known ?? (await worker.describe());
      if (!isCurrent()) return worker.stop();
      if (!known) remember(plugin, described);
      const contributions = framedContributions(plugin, described, worker);
      loaded.value.get(name)?.worker.stop();
      loaded.value = new Map([...loaded.value, [name, { pluginName, worker, contributions }]]);
      broken.value = without(broken.value, name);
    } catch (error) {
      worker.stop();
      if (!isCurrent()) return;
      loaded.value.get(name)?.worker.stop();
      loaded.value = without(loaded.value, name);
      broken.value = new Map([...broken.value, [name, error instanceof Error ? error.message : String(error)]]);
    } finally {
      if (isCurrent()) pending.value = new Set([...pending.value].filter((one) => one !== name));
    }
  }

  function leave(name: string): void {
    wanted.delete(name);
    loaded.value.get(name)?.worker.stop();
    loaded.value = without(loaded.value, name);
    broken.value = without(broken.value, name);
    pending.value = new Set([...pending.value].filter((one) => one !== name));
  }

  return { loaded, pending: computed(() => pending.value.size > 0), broken, follow };
}

function without<T>(map: ReadonlyMap<string, T>, name: string): ReadonlyMap<string, T> {
  return new Map([...map].filter(([one]) => one !== name));
}

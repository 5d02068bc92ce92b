import { computed, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import type { Client } from '@containr/client';
import type { OutletName, UiContribution, UiDefinition, UiList } from '@containr/sdk/ui';
import type { Contributed } from '@containr/ui-kit';
import type { FramedHost } from '../framed/framed-plugin.ts';
import { framedPlugins } from '../framed/framed-plugins.ts';

type Entry = UiContribution & { readonly plugin: string; readonly pluginName: string; readonly key: string };

interface Loaded {
  readonly module: string;
  readonly entries: readonly Entry[];
  readonly links: readonly HTMLLinkElement[];
}

/** What the plugins that are on add to the dashboard. */
export const useRegistry = defineStore('registry', () => {
  const loaded = shallowRef<ReadonlyMap<string, Loaded>>(new Map());
  const failed = shallowRef<ReadonlyMap<string, string>>(new Map());
  const framed = framedPlugins();
  const broken = computed(() => new Map([...failed.value, ...framed.broken.value]));
  let latest = 0;

  const entries = computed(() => {
    const trusted = [...loaded.value.values()].flatMap((plugin) => plugin.entries);
    const places = new Set(trusted.map(placeOf));
    const strangers = [...framed.loaded.value].flatMap(([name, { pluginName, contributions }]) =>
      entriesOf({ name, displayName: pluginName }, contributions),
    );
    // Who is not trusted takes nobody's address.
    const added = strangers.filter((entry) => !places.has(placeOf(entry)));
    return [...trusted, ...added].sort((a, b) => (a.order ?? 100) - (b.order ?? 100) || a.key.localeCompare(b.key));
  });

  /**
   * Asks what is on and loads or drops the difference. An older answer never wins over a newer one. What is not trusted comes a moment
   * later, and only when `host` is there.
   */
  async function refresh(client: Client, host: () => Promise<FramedHost | null>): Promise<void> {
    const mine = ++latest;
    const list = await client.request<UiList>('GET', '/ui');
    const next = new Map<string, Loaded>();
    const failures = new Map<string, string>();
    await Promise.all(
      list.plugins.map(async (plugin) => {
        if (plugin.framed) return;
        const known = loaded.value.get(plugin.name);
        if (known?.module === plugin.module) {
          next.set(plugin.name, known);
          return;
        }
        try {
          next.set(plugin.name, await loadPlugin(plugin));
        } catch (error) {
          failures.set(plugin.name, error instanceof Error ? error.message : String(error));
        }
      }),
    );
    const forFrames = await host();
    if (mine !== latest) return;
    for (const [name, plugin] of loaded.value)
      if (next.get(name) !== plugin) plugin.links.forEach((link) => link.remove());
    loaded.value = next;
    failed.value = failures;
    framed.follow(list.plugins, forFrames);
  }

  /** Contributions of one outlet, whatever permission they need. */
  function of<O extends OutletName>(outlet: O): readonly Contributed<O>[] {
    return entries.value.filter((entry): entry is Contributed<O> => entry.outlet === outlet);
  }

  return { entries, broken, pending: framed.pending, refresh, of };
});

async function loadPlugin(plugin: UiList['plugins'][number]): Promise<Loaded> {
  const links = await Promise.all(plugin.styles.map(addStyle));
  const { default: definition } = (await import(/* @vite-ignore */ plugin.module)) as { default: UiDefinition };
  return { module: plugin.module, entries: entriesOf(plugin, definition.contributions), links };
}

function entriesOf(
  { name: plugin, displayName: pluginName }: { name: string; displayName: string },
  contributions: readonly UiContribution[],
): Entry[] {
  return contributions.map((contribution) => {
    const key = `${plugin}:${contribution.outlet}:${contribution.id}`;
    return { ...contribution, plugin, pluginName, key };
  });
}

/** What a contribution's address begins with; its key when it has none. */
function placeOf(entry: Entry): string {
  if (entry.outlet === 'page' || entry.outlet === 'publicPage') return `/${entry.path.split('/')[1] ?? ''}`;
  return entry.outlet === 'settingsPage' || entry.outlet === 'servicePanelTab'
    ? `${entry.outlet} ${entry.id}`
    : entry.key;
}

function addStyle(href: string): Promise<HTMLLinkElement> {
  return new Promise((resolve) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = href;
    link.onload = link.onerror = () => resolve(link);
    document.head.append(link);
  });
}

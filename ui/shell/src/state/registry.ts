import { computed, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import type { Client } from '@containr/client';
import type { OutletName, UiContribution, UiDefinition, UiList } from '@containr/sdk/ui';
import type { Contributed } from '@containr/ui-kit';

type Entry = UiContribution & { readonly plugin: string; readonly pluginName: string; readonly key: string };

interface Loaded {
  readonly module: string;
  readonly entries: readonly Entry[];
  readonly links: readonly HTMLLinkElement[];
}

/** What the plugins that are on add to the dashboard. */
export const useRegistry = defineStore('registry', () => {
  const loaded = shallowRef<ReadonlyMap<string, Loaded>>(new Map());
  const broken = shallowRef<ReadonlyMap<string, string>>(new Map());
  let latest = 0;

  const entries = computed(() =>
    [...loaded.value.values()]
      .flatMap((plugin) => plugin.entries)
      .sort((a, b) => (a.order ?? 100) - (b.order ?? 100) || a.key.localeCompare(b.key)),
  );

  /** Asks what is on and loads or drops the difference. An older answer never wins over a newer one. */
  async function refresh(client: Client): Promise<void> {
    const mine = ++latest;
    const list = await client.request<UiList>('GET', '/ui');
    const next = new Map<string, Loaded>();
    const failures = new Map<string, string>();
    await Promise.all(
      list.plugins.map(async (plugin) => {
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
    if (mine !== latest) return;
    for (const [name, plugin] of loaded.value)
      if (next.get(name) !== plugin) plugin.links.forEach((link) => link.remove());
    loaded.value = next;
    broken.value = failures;
  }

  /** Contributions of one outlet, whatever permission they need. */
  function of<O extends OutletName>(outlet: O): readonly Contributed<O>[] {
    return entries.value.filter((entry): entry is Contributed<O> => entry.outlet === outlet);
  }

  return { entries, broken, refresh, of };
});

async function loadPlugin(plugin: UiList['plugins'][number]): Promise<Loaded> {
  const links = await Promise.all(plugin.styles.map(addStyle));
  const { default: definition } = (await import(/* @vite-ignore */ plugin.module)) as { default: UiDefinition };
  const entries = definition.contributions.map((contribution) => ({
    ...contribution,
    plugin: plugin.name,
    pluginName: plugin.displayName,
    key: `${plugin.name}:${contribution.outlet}:${contribution.id}`,
  }));
  return { module: plugin.module, entries, links };
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

import { openConfinedTables } from '@containr/data';
import type { Pool } from 'pg';
import type { GrantStore } from '@containr/isolation';
import { isolate } from '@containr/isolation';
import type { PluginPackage } from '@containr/packages';
import type { Plugin } from '@containr/sdk';
import type { Lifecycle } from './lifecycle.ts';
import type { Parts } from './parts.ts';

/** Runs packages that are not trusted apart. */
export interface Confinement {
  /** A plugin whose code runs in a process of its own. */
  isolate(installed: PluginPackage): Promise<Plugin>;
}

/** Makes isolated plugins over the kernel's parts; a process that ends by itself is told to the lifecycle. */
export function confinement(parts: Parts, grants: GrantStore, pool: Pool, life: () => Lifecycle | null): Confinement {
  const made = new WeakMap<PluginPackage, ReturnType<typeof isolate>>();

  function make({ name, directory, manifest }: PluginPackage): ReturnType<typeof isolate> {
    return isolate(
      { name, directory, permissions: Object.keys(manifest.permissions), hasHalf: manifest.agent !== undefined },
      {
        log: parts.logFor(name),
        folder: parts.directoryOf(name),
        grants,
        tables: (migrations, password) => openConfinedTables(pool, name, migrations, password),
        contract: (contract) => parts.services.contract(contract),
        hookKind: (hook) => parts.hooks.list().find((one) => one.name === hook)?.kind,
        died: (cause, again, signal) => void life()?.ended(name, cause, again, signal),
      },
    );
  }

  return {
    async isolate(installed) {
      const isolated = made.get(installed) ?? make(installed);
      made.set(installed, isolated);
      return isolated.load();
    },
  };
}

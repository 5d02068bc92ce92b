import type { AgentGateway } from '@containr/agent-gateway';
import { registerAuditRoutes, registerKeyRoutes } from '@containr/data';
import type { Audit, Keys, PluginSettings, Settings } from '@containr/data';
import { registerInspectionRoutes } from '@containr/inspection';
import { isolationOf, registerGrantRoutes } from '@containr/isolation';
import type { GrantStore } from '@containr/isolation';
import type { PlatformHttp } from '@containr/sdk/host';
import { NodeChanged, NodeRemoved } from '@containr/sdk';
import { inspectedOf } from './plugins/active.ts';
import { failureOf } from './plugins/plugin-entry.ts';
import { registerKernelRoutes } from './plugins/kernel-routes.ts';
import type { Lifecycle } from './plugins/lifecycle.ts';
import { registerPackageRoutes } from './plugins/package-routes.ts';
import type { PackageRoutes } from './plugins/package-routes.ts';
import { PluginChanged, registerPluginRoutes } from './plugins/plugin-routes.ts';
import { registerPluginSettings } from './plugins/settings-routes.ts';

/** What the kernel's own routes ask. */
export type KernelApi = Parameters<typeof registerKernelRoutes>[1] & {
  readonly life: Lifecycle;
  readonly packages: PackageRoutes;
  readonly settings: Settings;
  /** Settings of the install itself. */
  readonly own: PluginSettings<unknown>;
  readonly agents: Pick<AgentGateway, 'routes'>;
  readonly audit: Pick<Audit, 'list' | 'verify'>;
  readonly grants: GrantStore;
  readonly keys: Pick<Keys, 'list' | 'rotate' | 'retire'>;
};

/** Registers everything that the kernel itself answers below `/api/v1`. */
export function registerKernelApi(http: PlatformHttp, use: KernelApi): void {
  registerPluginRoutes(http, use.life);
  registerPluginSettings(http, use.life, use.settings, use.own);
  registerPackageRoutes(http, use.packages);
  registerInspectionRoutes(http, {
    one: (plugin) => inspectedOf(use.life.entry(plugin)),
    all: () => use.life.entries.map(inspectedOf),
    own: [PluginChanged, NodeChanged, NodeRemoved],
  });
  registerGrantRoutes(http, use.grants, {
    plugin: (name) => ({
      manifest: use.life.entry(name).package.manifest,
      isolation: isolationOf(use.life.entry(name).running?.plugin),
      cause: use.life.entry(name).cause,
    }),
    changed: async (name, by) => {
      const entry = use.life.entry(name);
      // What it failed for may be granted now.
      if (!entry.running && entry.desired && entry.cause?.code === 'GRANT_MISSING') await use.life.enable(name, by);
      if (!entry.running) return;
      await use.life.replace(name, by).catch((error: unknown) => {
        // It goes on as it was, and its document says why it could not be set up anew.
        throw (entry.cause = failureOf(name, error));
      });
    },
  });
  use.agents.routes(http);
  registerAuditRoutes(http, use.audit);
  registerKeyRoutes(http, use.keys);
  registerKernelRoutes(http, use);
}

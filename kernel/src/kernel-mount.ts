import { Scope } from '@containr/sdk';
import type { Logger } from '@containr/sdk';
import { buildMount, httpFacet } from '@containr/http';
import type { Authenticate, Gateway, Mount, MountOptions } from '@containr/http';

/** What the kernel keeps for itself: path segments, roots and permissions. */
export const kernelClaims = {
  segments: [
    'plugins',
    'settings',
    'nodes',
    'jobs',
    'events',
    'ui',
    'agents',
    'openapi.json',
    'audit',
    'contributions',
    'keys',
  ],
  roots: ['healthz', 'readyz'],
  permissions: [
    'plugin:read',
    'plugin:manage',
    'setting:read',
    'setting:write',
    'node:read',
    'node:manage',
    'audit:read',
    'key:manage',
    'agent:act',
  ],
} as const;

/** The kernel's own answers; grows while the platform starts. */
export function kernelMount(
  gateway: Gateway,
  use: { authenticate: Authenticate; log: Logger; origin(): string; mount(): MountOptions },
) {
  const claims = {
    plugin: 'kernel',
    ...kernelClaims,
    knows: (permission: string) => kernelClaims.permissions.some((known) => known === permission),
  };
  const facet = httpFacet(new Scope('kernel'), claims, () => use.origin());
  let mount: Mount | null = null;
  return {
    async add(register: (http: typeof facet.http) => void): Promise<void> {
      register(facet.http);
      const older = mount;
      const early = facet.declared.every((one) => one.kind === 'raw' && one.root);
      const claimed = early ? { ...claims, segments: [] } : claims;
      mount = await buildMount(claimed, [...facet.declared], use.authenticate, use.log, use.mount());
      gateway.enter(mount);
      await older?.drain(1000);
    },
    drain: async (deadlineMs: number): Promise<void> => mount?.drain(deadlineMs),
  };
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAgentGateway } from '@containr/agent-gateway';
import type { AgentGatewayOptions } from '@containr/agent-gateway';
import { collectDeclared, httpFacet, inert, openApiOf } from '@containr/http';
import type { PluginPackage } from '@containr/packages';
import { Scope } from '@containr/sdk';
import { registerKernelApi } from './kernel-api.ts';
import type { KernelApi } from './kernel-api.ts';
import { kernelClaims } from './kernel-mount.ts';
import { registerHealthRoutes } from './plugins/health-routes.ts';
import { version } from './version.ts';

/**
 * The OpenAPI document of the kernel and some plugins, from their declarations alone: nothing is started. Throws
 * `SETUP_NEEDS_PLATFORM` for a plugin whose set-up does more than register.
 */
export async function collectOpenApi(packages: readonly PluginPackage[]): Promise<unknown> {
  const permissions = new Set([
    ...kernelClaims.permissions,
    ...packages.flatMap((one) => Object.keys(one.manifest.permissions)),
  ]);
  const claimed = { knows: (permission: string) => permissions.has(permission) };
  const kernel = httpFacet(new Scope('kernel'), { plugin: 'kernel', ...kernelClaims, ...claimed }, () => '');
  registerHealthRoutes(kernel.http, async () => []);
  const agents = createAgentGateway(inert<AgentGatewayOptions>('kernel', 'agents'));
  registerKernelApi(kernel.http, inert<KernelApi>('kernel', 'kernel', { agents }));
  const mounts = [{ plugin: 'kernel', declared: kernel.declared }];
  const scratch = await mkdtemp(join(tmpdir(), 'containr-collect-'));
  try {
    for (const one of packages) {
      const { segments, roots = [] } = one.manifest;
      const claims = { plugin: one.name, segments, roots, ...claimed };
      mounts.push({ plugin: one.name, declared: await collectDeclared(await one.load(), claims, scratch) });
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return openApiOf(mounts, version);
}

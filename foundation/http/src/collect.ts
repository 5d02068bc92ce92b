import { randomBytes, randomUUID } from 'node:crypto';
import type { JSONSchema, Plugin, PluginContext } from '@containr/sdk';
import { Scope } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { Claims, Declared } from './declared.ts';
import { httpFacet } from './facet.ts';
import { inert } from './inert.ts';

/**
 * What a plugin answers with over HTTP, found out by its set-up alone: no database, no agents, no other plugin.
 * `directory` is a scratch folder. Throws `SETUP_NEEDS_PLATFORM` when the set-up does more than register.
 */
export async function collectDeclared(plugin: Plugin, claims: Claims, directory: string): Promise<readonly Declared[]> {
  const scope = new Scope(claims.plugin);
  const facet = httpFacet(scope, claims, () => 'http://localhost');
  const schema: JSONSchema = plugin.settings ?? { type: 'object', additionalProperties: false };
  const current = validate<unknown>(schema, {}, `The defaults of the settings of ${claims.plugin}`);
  const given = {
    plugin: claims.plugin,
    directory,
    signal: scope.signal,
    http: facet.http,
    clock: { now: () => new Date(), sleep: async () => undefined },
    random: { id: () => randomUUID(), bytes: (count: number) => randomBytes(count) },
    settings: inert<PluginContext['settings']>(claims.plugin, 'ctx.settings', { current }),
  };
  await plugin.setup(inert<PluginContext>(claims.plugin, 'ctx', given));
  facet.seal();
  return facet.declared;
}

import { rm } from 'node:fs/promises';
import type { PluginContext } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import type { Pool } from 'pg';
import { describePluginData, dropPluginData, PluginData } from '@containr/data';
import { maxArchiveBytes, registerVersionRoutes, showVersion } from '@containr/packages';
import type { GrantStore } from '@containr/isolation';
import type { Packages } from '@containr/packages';
import { errors } from '../errors.ts';
import type { Lifecycle } from './lifecycle.ts';
import { Change, DryRun, PluginPath, showPlugin } from './plugin-routes.ts';

const Removal = defineSchema({
  type: 'object',
  properties: {
    dryRun: { type: 'boolean' },
    versions: { type: 'array', items: { type: 'string' } },
    /** What is dropped with `purge`, else kept. */
    data: { ...PluginData, properties: { ...PluginData.properties, purge: { type: 'boolean' } } },
  },
  additionalProperties: false,
});
const Remove = defineSchema({
  type: 'object',
  properties: { ...DryRun.properties, confirm: { type: 'string' }, purge: { type: 'boolean', default: false } },
  additionalProperties: false,
});
/** Verbs that make another code of a plugin serve: by its version, or by how far it is trusted. */
const changes = {
  upgrade: {
    summary: 'Serves another installed version, newer or older, without a failed request',
    body: defineSchema({
      type: 'object',
      properties: { version: { type: 'string' } },
      required: ['version'],
      additionalProperties: false,
    }),
  },
  trust: {
    summary: 'Lets an installed plugin run in the control plane, or apart again',
    body: defineSchema({
      type: 'object',
      properties: { trust: { type: 'string', enum: ['trusted', 'isolated'] } },
      required: ['trust'],
      additionalProperties: false,
    }),
  },
};

/** What these routes work on. */
export interface PackageRoutes {
  readonly life: Lifecycle;
  readonly installed: Packages;
  readonly grants: Pick<GrantStore, 'forget'>;
  readonly pool: Pool;
  readonly directoryOf: (plugin: string) => string;
}

/** Registers what installs, upgrades, trusts and removes plugins. */
export function registerPackageRoutes(http: PluginContext['http'], use: PackageRoutes): void {
  const { life, installed } = use;

  http.raw({
    methods: ['POST'],
    path: '/plugins',
    permission: 'plugin:manage',
    summary: 'Installs a plugin, or one more version of it, from a tar.gz as npm packs it; nothing is switched on',
    accepts: ['application/gzip', 'application/x-gzip', 'application/octet-stream'],
    maxBytes: maxArchiveBytes,
    async handler(request, { principal }) {
      const query = new URL(request.url).searchParams;
      const dryRun = query.get('dryRun') === 'true';
      const source = (query.get('source') ?? 'upload').slice(0, 200);
      const archive = await installed.read(new Uint8Array(await request.arrayBuffer()), { by: principal.name, source });
      const { first, version } = archive;
      try {
        if (first)
          await life.change({ name: first.name, next: first, by: principal.name, keep: () => archive.keep() }, dryRun);
        else if (!dryRun) await archive.keep().then(() => life.tell(version.name));
      } finally {
        await archive.discard();
      }
      const headers = dryRun ? {} : { location: `/api/v1/plugins/${version.name}` };
      return Response.json(
        { dryRun, first: first !== null, version: showVersion(version) },
        { status: dryRun ? 200 : 201, headers },
      );
    },
  });
  registerVersionRoutes(http, {
    installed,
    find: (name) => life.entry(name).package,
    changed: (name) => life.tell(name),
  });
  for (const [verb, { summary, body }] of Object.entries(changes))
    http.route({
      method: 'POST',
      path: `/plugins/{name}/${verb}`,
      permission: 'plugin:manage',
      summary,
      params: PluginPath,
      query: DryRun,
      body,
      response: Change,
      async handler({ params: { name }, query: { dryRun }, body: wish, principal: { name: by } }) {
        const next = await installed.at(name, wish);
        const touches = await life.change({ name, next, by, keep: () => installed.choose(next, by) }, dryRun);
        return { plugin: showPlugin(life.entry(name), life), dryRun, touches: touches.map((one) => ({ ...one })) };
      },
    });
  http.route({
    method: 'DELETE',
    path: '/plugins/{name}',
    permission: 'plugin:manage',
    summary: 'Removes an installed plugin that is off; its data stays unless it is purged',
    params: PluginPath,
    query: Remove,
    response: Removal,
    handler: async ({ params: { name }, query: { dryRun, purge, confirm }, principal }) => {
      const versions = (await installed.versions(name)).map((one) => one.version);
      const data = { ...(await describePluginData(use.pool, name)), purge };
      if (!dryRun && confirm !== name) throw errors.CONFLICT_CONFIRM(name);
      const keep = () => use.grants.forget(name, purge).then(() => installed.remove(name));
      await life.change({ name, next: null, by: principal.name, keep }, dryRun);
      if (purge && !dryRun) {
        await dropPluginData(use.pool, name);
        await rm(use.directoryOf(name), { recursive: true, force: true });
      }
      return { dryRun, versions, data };
    },
  });
}

import { rm } from 'node:fs/promises';
import type { Infer, PluginContext } from '@containr/sdk';
import { conflict, defineSchema, pageOf } from '@containr/sdk';
import type { Pool } from 'pg';
import { describePluginData, dropPluginData } from '@containr/data';
import { maxArchiveBytes } from '@containr/packages';
import type { Packages, PackageVersion, PluginPackage } from '@containr/packages';
import type { Lifecycle } from './lifecycle.ts';
import { Change, DryRun, PluginPath, showPlugin } from './plugin-routes.ts';

const text = { type: 'string' } as const;
const texts = { type: 'array', items: text } as const;
const number = { type: 'integer' } as const;

/** An installed version of a plugin, with what it asks for. */
const VersionDocument = defineSchema({
  type: 'object',
  properties: {
    name: text,
    displayName: text,
    version: text,
    sha256: text,
    /** Of the archive. */
    bytes: number,
    source: text,
    installedBy: text,
    current: { type: 'boolean' },
    requires: texts,
    permissions: texts,
    segments: texts,
    roots: texts,
    hasUi: { type: 'boolean' },
    hasAgent: { type: 'boolean' },
  },
  additionalProperties: false,
});
const InstalledVersion = defineSchema({
  ...VersionDocument,
  properties: { ...VersionDocument.properties, installedAt: text },
});
const Removal = defineSchema({
  type: 'object',
  properties: {
    dryRun: { type: 'boolean' },
    versions: texts,
    /** What is dropped with `purge`, else kept. */
    data: {
      type: 'object',
      properties: {
        purge: { type: 'boolean' },
        tables: {
          type: 'array',
          items: {
            type: 'object',
            properties: { name: text, rows: number, bytes: number },
            additionalProperties: false,
          },
        },
        jobs: number,
        settings: { type: 'boolean' },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
});
const Remove = defineSchema({
  type: 'object',
  properties: { ...DryRun.properties, confirm: text, purge: { type: 'boolean', default: false } },
  additionalProperties: false,
});
const Trust = { type: 'string', enum: ['trusted', 'isolated'] } as const;
const body = <P extends object>(properties: P) =>
  ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false }) as const;

/** What these routes work on. */
export interface PackageRoutes {
  readonly life: Lifecycle;
  readonly installed: Packages;
  readonly pool: Pool;
  readonly directoryOf: (plugin: string) => string;
}

/** Registers what installs, upgrades, trusts and removes plugins. */
export function registerPackageRoutes(http: PluginContext['http'], use: PackageRoutes): void {
  const { life, installed } = use;

  async function change(plugin: PluginPackage, by: string, dryRun: boolean) {
    const { name } = plugin;
    const touches = await life.change({ name, next: plugin, by, keep: () => installed.choose(plugin, by) }, dryRun);
    return { plugin: showPlugin(life.entry(name), life), dryRun, touches: touches.map((one) => ({ ...one })) };
  }

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
        else if (!dryRun) await archive.keep();
      } finally {
        await archive.discard();
      }
      const headers = dryRun ? {} : { location: `/api/v1/plugins/${version.name}` };
      return Response.json(
        { dryRun, first: first !== null, version: show(version) },
        { status: dryRun ? 200 : 201, headers },
      );
    },
  });
  http.route({
    method: 'GET',
    path: '/plugins/{name}/versions',
    permission: 'plugin:read',
    summary: 'Installed versions of a plugin, oldest first',
    params: PluginPath,
    response: pageOf(InstalledVersion),
    handler: async ({ params }) => {
      const items = life.entry(params.name).package.trust ? await installed.versions(params.name) : [];
      return { items: items.map((one) => ({ ...show(one), installedAt: one.installedAt })), nextCursor: null };
    },
  });
  http.route({
    method: 'POST',
    path: '/plugins/{name}/upgrade',
    permission: 'plugin:manage',
    summary: 'Serves another installed version, newer or older, without a failed request',
    params: PluginPath,
    query: DryRun,
    body: body({ version: text }),
    response: Change,
    handler: async ({ params, query, body: { version }, principal }) =>
      change(await installed.at(params.name, { version }), principal.name, query.dryRun),
  });
  http.route({
    method: 'POST',
    path: '/plugins/{name}/trust',
    permission: 'plugin:manage',
    summary: 'Lets an installed plugin run in the control plane, or apart again',
    params: PluginPath,
    query: DryRun,
    body: body({ trust: Trust }),
    response: Change,
    handler: async ({ params, query, body: { trust }, principal }) =>
      change(await installed.at(params.name, { trust }), principal.name, query.dryRun),
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
      const { tables, ...rest } = await describePluginData(use.pool, name);
      const data = { ...rest, purge, tables: tables.map((one) => ({ ...one })) };
      if (!dryRun && confirm !== name)
        throw conflict(
          'CONFLICT_CONFIRM',
          `Removing the plugin "${name}" can't be undone, and it was not confirmed.`,
          `Add ?confirm=${name} to the request.`,
        );
      const keep = () => installed.remove(name);
      await life.change({ name, next: null, by: principal.name, keep }, dryRun);
      if (purge && !dryRun) {
        await dropPluginData(use.pool, name);
        await rm(use.directoryOf(name), { recursive: true, force: true });
      }
      return { dryRun, versions, data };
    },
  });
}

function show(one: Omit<PackageVersion, 'installedAt'>): Infer<typeof VersionDocument> {
  const { name, version, sha256, bytes, source, installedBy, manifest, trust } = one;
  return {
    name,
    displayName: manifest.displayName,
    version,
    sha256,
    bytes,
    source,
    installedBy,
    current: trust !== null,
    requires: Object.entries(manifest.requires).map(
      ([plugin, need]) => `${plugin} ${typeof need === 'string' ? need : need.range}`,
    ),
    permissions: Object.entries(manifest.permissions).map(([permission, what]) => `${permission}: ${String(what)}`),
    segments: [...manifest.segments],
    roots: [...(manifest.roots ?? [])],
    hasUi: manifest.ui !== undefined,
    hasAgent: manifest.agent !== undefined,
  };
}

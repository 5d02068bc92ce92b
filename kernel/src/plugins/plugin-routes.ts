import { CauseDocument, floodOf, IsolationDocument, isolationOf, showCause, showIsolation } from '@containr/isolation';
import type { PluginContext } from '@containr/sdk';
import { defineEvent, defineSchema, listQuery, pageOf } from '@containr/sdk';
import type { Infer } from '@containr/sdk';
import type { Lifecycle } from './lifecycle.ts';
import type { PluginEntry, Touched } from './plugin-entry.ts';
import { requirementsOf } from '@containr/packages';

const State = {
  type: 'string',
  enum: ['installed', 'waiting', 'starting', 'active', 'stopping', 'stopped', 'failed'],
} as const;

/** A plugin as the API shows it. */
export const PluginDocument = defineSchema({
  type: 'object',
  properties: {
    name: { type: 'string' },
    displayName: { type: 'string' },
    version: { type: 'string' },
    state: State,
    /** Whether it is to be on. */
    enabled: { type: 'boolean' },
    cause: { anyOf: [CauseDocument, { type: 'null' }] },
    requires: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, range: { type: 'string' }, optional: { type: 'boolean' } },
        required: ['name', 'range', 'optional'],
        additionalProperties: false,
      },
    },
    dependents: { type: 'array', items: { type: 'string' } },
    permissions: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, description: { type: 'string' } },
        required: ['name', 'description'],
        additionalProperties: false,
      },
    },
    /** What its scope owns now. */
    contributions: { type: 'array', items: { type: 'string' } },
    hasUi: { type: 'boolean' },
    hasAgent: { type: 'boolean' },
    /** `first-party` came with the install; `isolated` runs apart until an owner trusts it. */
    trust: { type: 'string', enum: ['first-party', 'trusted', 'isolated'] },
    /** What keeps its process apart on this machine, and what does not; `null` for one that has none. */
    isolation: { anyOf: [IsolationDocument, { type: 'null' }] },
    segments: { type: 'array', items: { type: 'string' } },
  },
  required: [
    'name',
    'displayName',
    'version',
    'state',
    'enabled',
    'cause',
    'requires',
    'dependents',
    'permissions',
    'contributions',
    'hasUi',
    'hasAgent',
    'trust',
    'isolation',
    'segments',
  ],
  additionalProperties: false,
});
export type PluginDocument = Infer<typeof PluginDocument>;

/** A plugin's state changed. */
export const PluginChanged = defineEvent({
  name: 'plugin.changed',
  payload: {
    type: 'object',
    properties: { plugin: { type: 'string' }, state: State },
    required: ['plugin', 'state'],
    additionalProperties: false,
  },
  permission: 'plugin:read',
  topics: () => ['plugins'],
});

/** Names a plugin. */
export const PluginPath = defineSchema({
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
  additionalProperties: false,
});
/** Only says what a change would do. */
export const DryRun = defineSchema({
  type: 'object',
  properties: { dryRun: { type: 'boolean', default: false } },
  additionalProperties: false,
});
/** What a change did, or would do. */
export const Change = defineSchema({
  type: 'object',
  properties: {
    plugin: PluginDocument,
    dryRun: { type: 'boolean' },
    touches: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, becomes: State },
        required: ['name', 'becomes'],
        additionalProperties: false,
      },
    },
  },
  required: ['plugin', 'dryRun', 'touches'],
  additionalProperties: false,
});

/** What the API shows of an installed plugin. */
export function showPlugin(entry: PluginEntry, lifecycle: Lifecycle): PluginDocument {
  const { manifest, name, version, trust = 'first-party' } = entry.running?.package ?? entry.package;
  return {
    name,
    displayName: manifest.displayName,
    version,
    state: entry.state,
    enabled: entry.desired,
    cause: showCause(entry.cause ?? floodOf(entry.running?.plugin, name)),
    requires: requirementsOf(entry.package).map((need) => ({
      name: need.plugin,
      range: need.range,
      optional: need.optional,
    })),
    dependents: lifecycle.dependents(name).map((other) => other.package.name),
    permissions: Object.entries(manifest.permissions).map(([permission, description]) => ({
      name: permission,
      description: String(description),
    })),
    contributions: [...(entry.running?.scope.labels ?? [])],
    hasUi: manifest.ui !== undefined,
    hasAgent: manifest.agent !== undefined,
    trust,
    isolation: showIsolation(isolationOf(entry.running?.plugin)),
    segments: [...manifest.segments],
  };
}

/** Registers `/plugins`. */
export function registerPluginRoutes(http: PluginContext['http'], lifecycle: Lifecycle): void {
  const show = (name: string): PluginDocument => showPlugin(lifecycle.entry(name), lifecycle);

  http.route({
    method: 'GET',
    path: '/plugins',
    permission: 'plugin:read',
    summary: 'Installed plugins and their states',
    query: { type: 'object', properties: listQuery, additionalProperties: false },
    response: pageOf(PluginDocument),
    handler: async ({ query }) => {
      const wanted = (query.search ?? '').toLowerCase();
      const all = lifecycle.entries.map((entry) => showPlugin(entry, lifecycle));
      const items = all.filter((one) => one.name.includes(wanted) || one.displayName.toLowerCase().includes(wanted));
      return { items: items.toSorted((a, b) => (a.name < b.name ? -1 : 1)), nextCursor: null };
    },
  });
  http.route({
    method: 'GET',
    path: '/plugins/{name}',
    permission: 'plugin:read',
    summary: 'One plugin',
    params: PluginPath,
    response: PluginDocument,
    handler: async ({ params }) => show(params.name),
  });

  const verbs = {
    enable: {
      summary: 'Turns a plugin on',
      run: (name: string, by: string, dryRun: boolean) => lifecycle.enable(name, by, dryRun),
    },
    disable: {
      summary: 'Turns a plugin off, after those that need it',
      run: (name: string, by: string, dryRun: boolean) => lifecycle.disable(name, by, dryRun),
    },
    replace: {
      summary: 'Sets a plugin up anew without a failed request',
      run: (name: string, by: string, dryRun: boolean) => lifecycle.replace(name, by, dryRun),
    },
  };
  for (const [verb, { summary, run }] of Object.entries(verbs)) {
    http.route({
      method: 'POST',
      path: `/plugins/{name}/${verb}`,
      permission: 'plugin:manage',
      summary,
      params: PluginPath,
      query: DryRun,
      response: Change,
      handler: async ({ params, query, principal }) => {
        const touches: readonly Touched[] = await run(params.name, principal.name, query.dryRun);
        return { plugin: show(params.name), dryRun: query.dryRun, touches: touches.map((one) => ({ ...one })) };
      },
    });
  }
}

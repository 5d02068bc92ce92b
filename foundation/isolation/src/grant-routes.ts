import type { ContainrError, Manifest, PluginContext } from '@containr/sdk';
import { defineSchema, isContainrError, OptionalTimestamp } from '@containr/sdk';
import { IsolationDocument, PluginEnded, showIsolation } from '@containr/cell';
import type { Isolation } from '@containr/cell';
import type { GrantStore } from './grant-store.ts';
import type { GrantKind } from './grants.ts';
import { grantKinds, isGranted } from './grants.ts';

const PluginPath = defineSchema({
  type: 'object',
  properties: { name: { type: 'string' } },
  required: ['name'],
  additionalProperties: false,
});
const Kind = { type: 'string', enum: grantKinds } as const;
const value = { type: 'string', minLength: 1, maxLength: 253, pattern: '^[A-Za-z0-9*._:\\[\\]-]+$' } as const;
const Grant = {
  type: 'object',
  properties: {
    kind: Kind,
    value: { type: 'string' },
    granted: { type: 'boolean' },
    /** Why the plugin asks for it; `null` for what it does not ask for. */
    reason: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    /** When it was last refused it, since this control plane began; `null` when it was not, or may now. */
    refusedAt: OptionalTimestamp,
  },
  required: ['kind', 'value', 'granted', 'reason', 'refusedAt'],
  additionalProperties: false,
} as const;
const GrantsDocument = defineSchema({
  type: 'object',
  properties: {
    plugin: { type: 'string' },
    /** What keeps the plugin apart here; `null` for one that runs inside the control plane. */
    isolation: { anyOf: [IsolationDocument, { type: 'null' }] },
    grants: { type: 'array', items: Grant },
    /** Why it can't be set up anew with what is granted after a change; it goes on as it is, without what was taken back. */
    problem: {
      anyOf: [
        { type: 'null' },
        {
          type: 'object',
          properties: { code: { type: 'string' }, detail: { type: 'string' } },
          required: ['code', 'detail'],
          additionalProperties: false,
        },
      ],
    },
  },
  required: ['plugin', 'isolation', 'grants', 'problem'],
  additionalProperties: false,
});
const Changes = defineSchema({
  type: 'object',
  properties: {
    allow: {
      type: 'array',
      maxItems: 100,
      default: [],
      items: {
        type: 'object',
        properties: { kind: Kind, value },
        required: ['kind', 'value'],
        additionalProperties: false,
      },
    },
    deny: {
      type: 'array',
      maxItems: 100,
      default: [],
      items: {
        type: 'object',
        properties: { kind: Kind, value },
        required: ['kind', 'value'],
        additionalProperties: false,
      },
    },
  },
  required: ['allow', 'deny'],
  additionalProperties: false,
});

/** What the routes need to know of a plugin. */
export interface GrantedPlugin {
  readonly manifest: Manifest;
  readonly isolation: Isolation | null;
  /** Why it is not as it should be; `null` when it is. */
  readonly cause: ContainrError | null;
}

/** Registers `/plugins/{name}/grants`. `plugin` throws for one that is not installed; `changed` applies what was granted. */
export function registerGrantRoutes(
  http: PluginContext['http'],
  grants: GrantStore,
  platform: { plugin(name: string): GrantedPlugin; changed(name: string, by: string): Promise<void> },
): void {
  async function show(name: string) {
    const { manifest, isolation, cause } = platform.plugin(name);
    const granted = await grants.load(name);
    const wanted = grantKinds.flatMap((kind) =>
      Object.entries(manifest.wants?.[kind] ?? {}).map(([wants, reason]) => ({
        kind,
        value: wants,
        granted: isGranted(granted, kind, wants),
        reason: String(reason),
      })),
    );
    const isWanted = (kind: GrantKind, value: string): boolean =>
      wanted.some((one) => one.kind === kind && one.value === value);
    const more = grantKinds.flatMap((kind) =>
      granted[kind]
        .filter((has) => !isWanted(kind, has))
        .map((has) => ({ kind, value: has, granted: true, reason: null })),
    );
    const refused = grants.refusals.of(name).filter(({ kind, value }) => !isGranted(granted, kind, value));
    const tried = refused
      .filter(({ kind, value }) => !isWanted(kind, value))
      .map(({ kind, value }) => ({ kind, value, granted: false, reason: null }));
    return {
      plugin: name,
      isolation: showIsolation(isolation),
      grants: [...wanted, ...more, ...tried].map((one) => ({
        ...one,
        refusedAt: refused.find(({ kind, value }) => kind === one.kind && value === one.value)?.at ?? null,
      })),
      problem: problemOf(cause),
    };
  }

  http.route({
    method: 'GET',
    path: '/plugins/{name}/grants',
    permission: 'plugin:manage',
    summary: 'What an isolated plugin asks for and what is granted',
    params: PluginPath,
    response: GrantsDocument,
    handler: async ({ params }) => show(params.name),
  });
  http.route({
    method: 'PATCH',
    path: '/plugins/{name}/grants',
    permission: 'plugin:manage',
    summary: 'Grants an isolated plugin things, or takes them back',
    params: PluginPath,
    body: Changes,
    response: GrantsDocument,
    handler: async ({ params, body, principal }) => {
      platform.plugin(params.name);
      await grants.change(
        params.name,
        [
          ...body.allow.map((one) => ({ ...one, granted: true })),
          ...body.deny.map((one) => ({ ...one, granted: false })),
        ],
        principal.name,
      );
      try {
        await platform.changed(params.name, principal.name);
      } catch (error) {
        // It is the plugin's cause then, which is shown.
        if (!isContainrError(error)) throw error;
      }
      return show(params.name);
    },
  });
}

/** A process that ended is no matter of grants: the plugin's document tells of it. */
function problemOf(cause: ContainrError | null): { code: string; detail: string } | null {
  return cause === null || cause instanceof PluginEnded ? null : { code: cause.code, detail: cause.message };
}

import type { PluginContext } from '@containr/sdk';
import { ContainrError, defineSchema, invalid, isContainrError, listQuery, pageOf, Timestamp } from '@containr/sdk';
import type { PluginSettings, SettingsView } from './plugin-settings.ts';
import type { SettingsVersion } from './versions.ts';

const SettingsDocument = defineSchema({
  type: 'object',
  properties: {
    plugin: { type: 'string' },
    /** JSON Schema of the settings. */
    schema: { type: 'object', additionalProperties: true },
    value: { type: 'object', additionalProperties: true },
    /** Secret settings that have a value; the value itself is never given. */
    secretsSet: { type: 'array', items: { type: 'string' } },
    /** Fixed by the start command. */
    overridden: { type: 'array', items: { type: 'string' } },
    version: { type: 'integer' },
  },
  required: ['plugin', 'schema', 'value', 'secretsSet', 'overridden', 'version'],
  additionalProperties: false,
});
const VersionDocument = defineSchema({
  type: 'object',
  properties: {
    version: { type: 'integer' },
    at: Timestamp,
    by: { type: 'string' },
    /** The version that this one brought back. */
    restored: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    changes: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          /** JSON pointer. */
          path: { type: 'string' },
          /** Of a secret only that it changed is shown. */
          secret: { type: 'boolean' },
          before: {},
          after: {},
        },
        required: ['path', 'secret'],
        additionalProperties: false,
      },
    },
  },
  required: ['version', 'at', 'by', 'restored', 'changes'],
  additionalProperties: false,
});
const PluginPath = defineSchema({
  type: 'object',
  properties: { plugin: { type: 'string' } },
  required: ['plugin'],
  additionalProperties: false,
});
const MergePatch = defineSchema({ type: 'object', additionalProperties: true });
const Restore = defineSchema({
  type: 'object',
  properties: { version: { type: 'integer', minimum: 0 } },
  required: ['version'],
  additionalProperties: false,
});
const { limit, cursor } = listQuery;

/** Registers `/settings/{plugin}` with its history; `changed` has a plugin that does not follow its settings set up anew. */
export function registerSettingsRoutes(
  http: Pick<PluginContext['http'], 'route'>,
  use: {
    open(plugin: string): Promise<PluginSettings<unknown>>;
    changed(plugin: string, by: string): Promise<void>;
  },
): void {
  /** Has the plugin take what was stored; what it can't be set up with is taken back, so that it starts again as it runs now. */
  async function settled(plugin: string, opened: PluginSettings<unknown>, by: string): Promise<SettingsView> {
    const view = opened.view();
    try {
      await use.changed(plugin, by);
      return view;
    } catch (error) {
      await opened.restore(view.version - 1, { by, version: view.version });
      throw refused(plugin, error);
    }
  }

  http.route({
    method: 'GET',
    path: '/settings/{plugin}',
    permission: 'setting:read',
    summary: 'Settings of a plugin, with their schema',
    params: PluginPath,
    response: SettingsDocument,
    handler: async ({ params }) => show(params.plugin, (await use.open(params.plugin)).view()),
  });
  http.route({
    method: 'PATCH',
    path: '/settings/{plugin}',
    permission: 'setting:write',
    summary: 'Changes settings by JSON merge patch; If-Match takes the version',
    params: PluginPath,
    body: MergePatch,
    response: SettingsDocument,
    handler: async ({ params, body, principal, headers }) => {
      const opened = await use.open(params.plugin);
      const by = principal.name;
      await opened.change(body, { by, ...versionIn(headers) });
      return show(params.plugin, await settled(params.plugin, opened, by));
    },
  });
  http.route({
    method: 'GET',
    path: '/settings/{plugin}/history',
    permission: 'setting:read',
    summary: 'Who changed what about the settings of a plugin, newest first',
    params: PluginPath,
    query: { type: 'object', properties: { limit, cursor }, additionalProperties: false },
    response: pageOf(VersionDocument),
    handler: async ({ params, query }) => {
      const opened = await use.open(params.plugin);
      const page = await opened.history({ limit: query.limit, before: versionOf(query.cursor) });
      return { items: page.items.map(showVersion), nextCursor: page.next === null ? null : String(page.next) };
    },
  });
  http.route({
    method: 'POST',
    path: '/settings/{plugin}/restore',
    permission: 'setting:write',
    summary: 'Brings an earlier version back, as a new one; 0 are the defaults. If-Match takes the present version',
    params: PluginPath,
    body: Restore,
    response: SettingsDocument,
    handler: async ({ params, body, principal, headers }) => {
      const opened = await use.open(params.plugin);
      const by = principal.name;
      await opened.restore(body.version, { by, ...versionIn(headers) });
      return show(params.plugin, await settled(params.plugin, opened, by));
    },
  });
}

function refused(plugin: string, cause: unknown): ContainrError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ContainrError({
    code: 'SETTINGS_REFUSED',
    status: 422,
    detail: `${plugin} can't be set up with these settings: ${why} The ones before hold.`,
    hint: isContainrError(cause) && cause.hint !== undefined ? cause.hint : 'Correct them and send them again.',
    cause,
  });
}

function versionIn(headers: Readonly<Record<string, string>>): { version?: number } {
  const found = /\d+/.exec(headers['if-match'] ?? '')?.[0];
  return found === undefined ? {} : { version: Number(found) };
}

function versionOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalid('The cursor is not one that this list gave.', [{ path: '/cursor', message: 'is not known' }]);
}

function showVersion(one: SettingsVersion) {
  return { ...one, at: one.at.toISOString(), changes: one.changes.map((change) => ({ ...change })) };
}

function show(plugin: string, view: SettingsView) {
  return {
    plugin,
    schema: typeof view.schema === 'object' ? { ...view.schema } : {},
    value: { ...view.value },
    secretsSet: [...view.secretsSet],
    overridden: [...view.overridden],
    version: view.version,
  };
}

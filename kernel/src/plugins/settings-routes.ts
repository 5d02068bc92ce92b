import type { PluginContext } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import type { PluginSettings, Settings, SettingsView } from '@containr/data';
import type { Lifecycle } from './lifecycle.ts';
import { settingsOf } from './running.ts';

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
const PluginPath = defineSchema({
  type: 'object',
  properties: { plugin: { type: 'string' } },
  required: ['plugin'],
  additionalProperties: false,
});
const MergePatch = defineSchema({ type: 'object', additionalProperties: true });

/** Registers `/settings/{plugin}`. */
export function registerSettingsRoutes(http: PluginContext['http'], lifecycle: Lifecycle, settings: Settings): void {
  async function open(plugin: string): Promise<PluginSettings<unknown>> {
    const entry = lifecycle.entry(plugin);
    return entry.running?.settings ?? settings.open<unknown>(plugin, settingsOf(await entry.package.load()));
  }

  http.route({
    method: 'GET',
    path: '/settings/{plugin}',
    permission: 'setting:read',
    summary: 'Settings of a plugin, with their schema',
    params: PluginPath,
    response: SettingsDocument,
    handler: async ({ params }) => show(params.plugin, (await open(params.plugin)).view()),
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
      const opened = await open(params.plugin);
      const version = Number(/\d+/.exec(headers['if-match'] ?? '')?.[0] ?? Number.NaN);
      const view = await opened.change(body, { by: principal.name, ...(Number.isNaN(version) ? {} : { version }) });
      const { running } = lifecycle.entry(params.plugin);
      if (running && !running.followsSettings) await lifecycle.replace(params.plugin, principal.name);
      return show(params.plugin, view);
    },
  });
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

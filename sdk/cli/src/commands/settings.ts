import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { openApi } from '../api.ts';
import type { Api } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { listOf } from '../documents.ts';
import { settingPatch } from '../setting-patch.ts';

const SettingsDocument = defineSchema({
  type: 'object',
  properties: {
    schema: { type: 'object' },
    value: { type: 'object' },
    secretsSet: { type: 'array', items: { type: 'string' } },
    overridden: { type: 'array', items: { type: 'string' } },
    version: { type: 'integer' },
  },
  required: ['schema', 'value', 'secretsSet', 'overridden', 'version'],
});
type SettingsDocument = Infer<typeof SettingsDocument>;

const Version = defineSchema({
  type: 'object',
  properties: {
    version: { type: 'integer' },
    at: { type: 'string' },
    by: { type: 'string' },
    restored: { type: ['integer', 'null'] },
    changes: {
      type: 'array',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, secret: { type: 'boolean' }, before: {}, after: {} },
        required: ['path', 'secret'],
      },
    },
  },
  required: ['version', 'at', 'by', 'restored', 'changes'],
});
type Version = Infer<typeof Version>;
const VersionPage = defineSchema(listOf(Version));

const verbs = ['show', 'set', 'history', 'restore'] as const;

/** `settings NAME`, `… set key=value`, `… history`, `… restore VERSION`. */
export function settingCommands({ program, output, run, options }: CommandHost): void {
  program
    .command('settings')
    .argument('<plugin>')
    .argument('[verb]', verbs.join(', '), 'show')
    .argument('[values...]', 'key=value of what to set ("key=" brings a default back), or the version to restore')
    .description('show and change what a plugin is told')
    .action((plugin: string, verb: string, values: string[]) =>
      run(async () => {
        const api = await openApi(options());
        const params = { plugin };
        if (verb === 'show') return show(await api.get('/settings/{plugin}', SettingsDocument, { params }));
        if (verb === 'history') return history(api, plugin);
        if (verb === 'set') {
          const before = await api.get('/settings/{plugin}', SettingsDocument, { params });
          const patch = settingPatch(before.schema, values);
          const after = await api.client.request('PATCH', `/settings/${encodeURIComponent(plugin)}`, {
            body: patch,
            ifMatch: `"${before.version}"`,
          });
          return show(validate<SettingsDocument>(SettingsDocument, after, 'The changed settings'));
        }
        if (verb === 'restore' && /^\d+$/.test(values[0] ?? ''))
          return show(
            await api.post('/settings/{plugin}/restore', SettingsDocument, {
              params,
              body: { version: Number(values[0]) },
            }),
          );
        throw new ContainrError({
          code: 'USAGE',
          status: 400,
          detail: `"${[verb, ...values].join(' ')}" is nothing that settings can do.`,
          hint: 'Write: containr settings PLUGIN [show | set key=value… | history | restore VERSION].',
        });
      }),
    );

  function show(document: SettingsDocument): void {
    const rows = [
      ...flat(document.value).map(([key, value]) => ({ key, value })),
      ...document.secretsSet.map((key) => ({ key, value: '(set, never shown)' })),
    ];
    if (output.json) return output.value(document, '');
    return output.table(
      rows,
      {
        SETTING: (row) => row.key,
        VALUE: (row) => row.value,
        NOTE: (row) => (document.overridden.includes(row.key.split('.')[0] ?? '') ? 'fixed by the start command' : ''),
      },
      'This plugin has no settings.',
    );
  }

  async function history(api: Api, plugin: string): Promise<void> {
    const page = await api.get('/settings/{plugin}/history', VersionPage, { params: { plugin }, query: { limit: 50 } });
    output.table<Version>(
      page.items,
      {
        VERSION: (item) => String(item.version),
        AT: (item) => item.at,
        BY: (item) => item.by,
        CHANGES: (item) => item.changes.map(sentence).join('; '),
        NOTE: (item) => (item.restored === null ? '' : `brought back ${item.restored}`),
      },
      'Nobody has changed these settings.',
    );
  }
}

function sentence(change: Version['changes'][number]): string {
  const key = change.path.slice(1).replaceAll('/', '.');
  return change.secret ? `${key} changed` : `${key}: ${written(change.before)} → ${written(change.after)}`;
}

function flat(value: unknown, above = ''): [string, string][] {
  return Object.entries(Object(value) as Record<string, unknown>).flatMap(([key, one]): [string, string][] =>
    typeof one === 'object' && one !== null && !Array.isArray(one) && Object.keys(one).length > 0
      ? flat(one, `${above}${key}.`)
      : [[`${above}${key}`, written(one)]],
  );
}

function written(value: unknown): string {
  if (value === undefined) return 'not set';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

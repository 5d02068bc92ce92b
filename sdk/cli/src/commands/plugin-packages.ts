import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Client } from '@containr/client';
import type { Command } from 'commander';
import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { agreed } from '../agreed.ts';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';

const text = { type: 'string' } as const;
const texts = { type: 'array', items: text } as const;
const Version = defineSchema({
  type: 'object',
  properties: {
    name: text,
    version: text,
    sha256: text,
    source: text,
    installedAt: text,
    installedBy: text,
    current: { type: 'boolean' },
    requires: texts,
    permissions: texts,
    segments: texts,
    roots: texts,
    hasUi: { type: 'boolean' },
    hasAgent: { type: 'boolean' },
  },
  required: ['name', 'version', 'sha256', 'requires', 'permissions', 'segments', 'roots', 'hasUi', 'hasAgent'],
});
const Installed = defineSchema({
  type: 'object',
  properties: { first: { type: 'boolean' }, version: Version },
  required: ['first', 'version'],
});
const Removal = defineSchema({
  type: 'object',
  properties: {
    versions: texts,
    data: {
      type: 'object',
      properties: {
        tables: {
          type: 'array',
          items: {
            type: 'object',
            properties: { name: text, rows: { type: 'integer' } },
            required: ['name', 'rows'],
          },
        },
        jobs: { type: 'integer' },
        settings: { type: 'boolean' },
      },
      required: ['tables', 'jobs', 'settings'],
    },
  },
  required: ['versions', 'data'],
});
const longMs = 120_000;

/** `plugins install`, `versions`, `upgrade`, `trust`, `remove-version`, `remove`. */
export function packageCommands(plugins: Command, { output, run, options }: CommandHost): void {
  plugins
    .command('install')
    .argument('<folder or file>', 'a built plugin, or what npm pack made of it')
    .description('install a plugin, or one more version of it; it stays off')
    .option('--yes', 'do not ask')
    .action((path: string, { yes }: { yes?: boolean }) =>
      run(async () => {
        const { client } = await openApi(options());
        const { bytes, source } = await readPackage(resolve(path));
        const send = async (dryRun: boolean) =>
          validate<Infer<typeof Installed>>(
            Installed,
            await client.upload('/plugins', bytes, 'application/gzip', {
              query: { dryRun, source },
              timeoutMs: longMs,
            }),
            'The answer to POST /plugins',
          );
        const { first, version } = await send(true);
        const place = await placeOf(client, first ? null : version.name);
        for (const line of asksOf(version, place)) output.line(line);
        if (!(await agreed(`Install ${version.name} ${version.version}?`, yes))) return 1;
        const done = await send(false);
        const next = done.first
          ? `It is off. To run it: containr plugins enable ${version.name}`
          : `To serve it: containr plugins upgrade ${version.name} ${version.version}`;
        output.value(done, `${version.name} ${version.version} is installed. ${next}`);
        return 0;
      }),
    );
  plugins
    .command('versions')
    .argument('<name>')
    .description('installed versions of a plugin')
    .action((name: string) =>
      run(async () => {
        const api = await openApi(options());
        output.table(
          await api.all('/plugins/{name}/versions', Version, { params: { name } }),
          {
            VERSION: (item) => item.version,
            SERVES: (item) => (item.current ? 'yes' : ''),
            INSTALLED: (item) => item.installedAt ?? '',
            BY: (item) => item.installedBy ?? '',
            FROM: (item) => item.source ?? '',
            SHA256: (item) => item.sha256.slice(0, 12),
          },
          `${name} came with this install; it has no other version.`,
        );
      }),
    );
  plugins
    .command('upgrade')
    .argument('<name>')
    .argument('<version>')
    .description('serve another installed version, newer or older, without a failed request')
    .action((name: string, version: string) =>
      run(async () => {
        const api = await openApi(options());
        const answer = await api.post('/plugins/{name}/upgrade', true, {
          params: { name },
          body: { version },
          timeoutMs: longMs,
        });
        output.value(answer, `${name} ${version} serves.`);
      }),
    );
  plugins
    .command('trust')
    .argument('<name>')
    .description('let an installed plugin run in the control plane, with everything that Containr can do')
    .option('--isolate', 'run it apart again')
    .option('--yes', 'do not ask')
    .action((name: string, { isolate, yes }: { isolate?: boolean; yes?: boolean }) =>
      run(async () => {
        const api = await openApi(options());
        if (!isolate)
          output.line(`The code of ${name} will reach every secret, database row and node of this install.`);
        if (!isolate && !(await agreed(`Trust ${name}?`, yes))) return 1;
        const trust = isolate ? 'isolated' : 'trusted';
        const answer = await api.post('/plugins/{name}/trust', true, {
          params: { name },
          body: { trust },
          timeoutMs: longMs,
        });
        output.value(answer, `${name} is ${trust}.`);
        return 0;
      }),
    );
  plugins
    .command('remove-version')
    .argument('<name>')
    .argument('<version>')
    .description('delete an installed version that is not in use')
    .action((name: string, version: string) =>
      run(async () => {
        const { client } = await openApi(options());
        await client.call('DELETE', '/plugins/{name}/versions/{version}', { params: { name, version } });
        output.value({ name, version }, `${name} ${version} is deleted.`);
      }),
    );
  plugins
    .command('remove')
    .argument('<name>')
    .description('remove an installed plugin that is off')
    .option('--purge', 'also drop its data, for ever')
    .option('--yes', 'do not ask')
    .action((name: string, { purge = false, yes }: { purge?: boolean; yes?: boolean }) =>
      run(async () => {
        const { client } = await openApi(options());
        const send = async (query: Record<string, string | boolean>) =>
          validate<Infer<typeof Removal>>(
            Removal,
            await client.request('DELETE', `/plugins/${encodeURIComponent(name)}`, { query, timeoutMs: longMs }),
            `The answer to DELETE /plugins/${name}`,
          );
        const plan = await send({ purge, dryRun: true });
        output.line(
          `${plan.versions.length > 1 ? 'Versions' : 'Version'} ${plan.versions.join(', ')} of ${name} will go.`,
        );
        output.line(purge ? `Its data goes for ever: ${dataOf(plan)}.` : `Its data stays: ${dataOf(plan)}.`);
        if (!(await agreed(`Remove ${name}?`, yes))) return 1;
        output.value(
          await send({ purge, confirm: name }),
          `${name} is removed${purge ? ', and its data with it' : ''}.`,
        );
        return 0;
      }),
    );
}

/** Where a plugin's code will run: of one that is there already, where it does now. */
async function placeOf(client: Client, name: string | null): Promise<'apart' | 'in the control plane'> {
  if (name === null) return 'apart';
  const { trust } = validate<{ trust: string }>(
    { type: 'object', properties: { trust: text }, required: ['trust'] },
    await client.request('GET', `/plugins/${encodeURIComponent(name)}`),
    `The answer to GET /plugins/${name}`,
  );
  return trust === 'isolated' ? 'apart' : 'in the control plane';
}

function asksOf(version: Infer<typeof Version>, place: 'apart' | 'in the control plane'): string[] {
  const { name } = version;
  const parts = [...(version.hasUi ? ['dashboard'] : []), ...(version.hasAgent ? ['every node'] : [])];
  return [
    `${name} ${version.version}, sha256 ${version.sha256}`,
    place === 'apart'
      ? `Runs in: a process of its own, with what is granted to it (containr plugins grants ${name})`
      : 'Runs in: the control plane, with everything that Containr can do, for it is trusted',
    ...(parts.length > 0 ? [`And in: ${parts.join(', ')}`] : []),
    ...(version.requires.length > 0 ? [`Needs: ${version.requires.join(', ')}`] : []),
    ...(version.segments.length > 0
      ? [`Answers at: ${version.segments.map((one) => `/api/v1/${one}`).join(', ')}`]
      : []),
    ...(version.roots.length > 0 ? [`And at: ${version.roots.map((one) => `/${one}`).join(', ')}`] : []),
    ...version.permissions.map((one) => `Adds the permission ${one}`),
  ];
}

function dataOf({ data }: Infer<typeof Removal>): string {
  const parts = data.tables.map((table) => `table ${table.name} (${table.rows} ${table.rows === 1 ? 'row' : 'rows'})`);
  if (data.jobs > 0) parts.push(`${data.jobs} waiting ${data.jobs === 1 ? 'job' : 'jobs'}`);
  if (data.settings) parts.push('changed settings');
  return parts.length > 0 ? parts.join(', ') : 'it has none';
}

/** The archive at a path; a folder is packed as `npm pack` does, without running its scripts. */
async function readPackage(path: string): Promise<{ bytes: Uint8Array; source: string }> {
  if (!(await stat(path)).isDirectory()) return { bytes: await readFile(path), source: basename(path) };
  const folder = await mkdtemp(join(tmpdir(), 'containr-pack-'));
  try {
    const argv = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
    const { stdout } = await promisify(execFile)('npm', argv, { cwd: path, timeout: longMs });
    const [packed] = validate<{ filename: string }[]>(
      { type: 'array', items: { type: 'object', properties: { filename: text }, required: ['filename'] } },
      JSON.parse(stdout),
      'What npm pack said',
    );
    const file = basename((packed?.filename ?? '').replace('/', '-').replace('@', ''));
    return { bytes: await readFile(join(folder, file)), source: file };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

import { readFile, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Option } from 'commander';
import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema } from '@containr/sdk';
import type { Api } from '../api.ts';
import { openApi } from '../api.ts';
import { applied, staged } from '../apply.ts';
import type { CommandHost } from '../command.ts';
import { listOf } from '../documents.ts';
import { editText } from '../edit-text.ts';
import { ask } from '../prompt.ts';
import { differenceLines, onOneLine } from '../variable-diff.ts';
import type { VariableTarget } from '../variable-owner.ts';
import { variableTarget } from '../variable-owner.ts';

const Variable = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    kind: { type: 'string' },
    available: { type: 'string' },
    value: { type: ['string', 'null'] },
  },
  required: ['name', 'kind', 'available', 'value'],
} as const;
const Text = defineSchema({
  type: 'object',
  properties: { text: { type: 'string' }, version: { type: 'integer' } },
  required: ['text', 'version'],
});
const Change = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    action: { type: 'string', enum: ['added', 'changed', 'removed'] },
    kind: { type: 'string' },
    before: { type: ['string', 'null'] },
    after: { type: ['string', 'null'] },
  },
  required: ['name', 'action', 'kind', 'before', 'after'],
} as const;
const Remarks = {
  type: 'array',
  items: {
    type: 'object',
    properties: { line: { type: 'integer' }, message: { type: 'string' } },
    required: ['line', 'message'],
  },
} as const;
const Comparison = defineSchema({
  type: 'object',
  properties: { changes: { type: 'array', items: Change }, problems: Remarks, warnings: Remarks },
  required: ['changes', 'problems', 'warnings'],
});
const Versions = defineSchema(
  listOf({
    type: 'object',
    properties: {
      version: { type: 'integer' },
      at: { type: 'string' },
      by: { type: 'string' },
      reason: { type: 'string' },
      changes: { type: 'array', items: Change },
    },
    required: ['version', 'at', 'by', 'reason', 'changes'],
  }),
);
type Version = Infer<typeof Versions>['items'][number];
const Restored = { type: 'object', properties: { changed: { type: 'integer' } }, required: ['changed'] } as const;

interface Given {
  readonly kind?: 'plain' | 'secret' | 'sealed';
  readonly available?: 'both' | 'build' | 'run';
  readonly stage?: boolean;
  readonly deploy: boolean;
  readonly replace?: boolean;
}

const forms =
  'containr variables TARGET [list | set NAME=value… | unset NAME… | import FILE | export [FILE] | edit | history | restore VERSION]';

/** `variables TARGET …`: list, set, unset, import, export, edit, history, restore. */
export function variableCommands({ program, output, run, options }: CommandHost): void {
  program
    .command('variables')
    .argument('<target>', 'project/service[@environment], project@environment for what is shared there, or project')
    .argument('[verb]', 'list, set, unset, import, export, edit, history, restore', 'list')
    .argument('[values...]', 'NAME=value to set (NAME alone asks for it), names to unset, a file, or a version')
    .addOption(new Option('--kind <kind>', 'of what is set or new').choices(['plain', 'secret', 'sealed']))
    .addOption(new Option('--available <who>', 'who gets what is set').choices(['both', 'build', 'run']))
    .option('--replace', 'import: take away what the file does not name')
    .option('--stage', 'collect the change instead of applying it')
    .option('--no-deploy', 'apply without deploying what the change reaches')
    .description('show and change variables')
    .action((name: string, verb: string, values: string[], given: Given) =>
      run(async () => {
        const api = await openApi(options());
        const target = await variableTarget(api, name);
        const deed = verbs[verb];
        if (!deed) throw usage(verb, values);
        return deed(api, target, values, given);
      }),
    );

  type Deed = (api: Api, target: VariableTarget, values: string[], given: Given) => Promise<number | void>;
  const verbs: Readonly<Record<string, Deed>> = {
    async list(api, { owner }) {
      const items = await api.all('/variables', Variable, { query: owner });
      output.table(
        items,
        {
          NAME: (item) => item.name,
          VALUE: (item) => (item.value === null ? `(${item.kind}, not shown)` : onOneLine(item.value)),
          KIND: (item) => item.kind,
          AVAILABLE: (item) => item.available,
        },
        'No variable yet. Set one: containr variables TARGET set NAME=value',
      );
    },
    async set(api, { owner, environment }, values, given) {
      if (values.length === 0) throw usage('set', values);
      const more = {
        ...(given.kind ? { kind: given.kind } : {}),
        ...(given.available ? { available: given.available } : {}),
      };
      const changes = [];
      for (const one of values) changes.push({ variable: { ...owner, ...(await assignment(one)), ...more } });
      return change(api, environment, changes, given);
    },
    async unset(api, { owner, environment }, values, given) {
      if (values.length === 0) throw usage('unset', values);
      return change(
        api,
        environment,
        values.map((name) => ({ variable: { ...owner, name, value: null } })),
        given,
      );
    },
    async import(api, target, [file], given) {
      if (file === undefined) throw usage('import', []);
      const taken = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
      return save(api, target, taken, given, !given.replace);
    },
    async export(api, { owner }, [file]) {
      const document = await api.get('/variables/text', Text, { query: owner });
      if (file !== undefined) await writeFile(file, document.text, { mode: 0o600 });
      if (file !== undefined) return output.value({ file }, `Written to ${file}, which only you can read.`);
      if (output.json) return output.value(document, '');
      output.raw(document.text);
    },
    async edit(api, target, _, given) {
      const before = await api.get('/variables/text', Text, { query: target.owner });
      const after = await editText(`${target.name.replaceAll(/[^a-z0-9]+/g, '-')}.env`, before.text);
      if (after === before.text) return output.value({ changed: 0 }, 'Nothing changed.');
      return save(api, target, after, given, false);
    },
    async history(api, { owner }) {
      const { items } = await api.get('/variables/history', Versions, { query: { ...owner, limit: 50 } });
      output.table<Version>(
        items,
        {
          VERSION: (item) => String(item.version),
          AT: (item) => item.at,
          BY: (item) => item.by,
          CHANGES: (item) => differenceLines(item.changes).slice(0, 4).join('; '),
        },
        'Nobody has changed these variables.',
      );
    },
    async restore(api, { owner }, [version]) {
      if (!/^\d+$/.test(version ?? '')) throw usage('restore', version === undefined ? [] : [version]);
      const body = { ...owner, version: Number(version) };
      const done = await api.post('/variables/restore', Restored, { body });
      output.value(
        done,
        `${done.changed} variables are as they were after version ${version ?? ''}. Deploy to take them over.`,
      );
    },
  };

  async function save(api: Api, target: VariableTarget, taken: string, given: Given, merge: boolean): Promise<number> {
    const body = { ...target.owner, text: taken, merge, ...(given.kind ? { kind: given.kind } : {}) };
    const compared = await api.post('/variables/text/compare', Comparison, { body });
    for (const { line, message } of [...compared.problems, ...compared.warnings])
      output.line(`line ${line}: ${message}`);
    if (compared.problems.length > 0) {
      output.value(compared, 'Nothing was changed: correct the named lines first.');
      return 1;
    }
    for (const line of differenceLines(compared.changes)) output.line(line);
    if (compared.changes.length === 0) {
      output.value({ changed: 0 }, 'Nothing changed.');
      return 0;
    }
    return change(api, target.environment, [{ text: body }], given);
  }

  function change(api: Api, environment: string, changes: readonly object[], given: Given): Promise<number> {
    return given.stage
      ? staged(api, output, environment, changes)
      : applied(api, output, { environment, changes, deploy: given.deploy });
  }
}

/** `NAME=value`, or `NAME` whose value is asked for, so that it stands in no list of processes. */
async function assignment(given: string): Promise<{ name: string; value: string }> {
  const at = given.indexOf('=');
  if (at >= 0) return { name: given.slice(0, at), value: given.slice(at + 1) };
  return { name: given, value: await ask(`${given}: `, { secret: true }) };
}

function usage(verb: string, values: readonly string[]): ContainrError {
  return new ContainrError({
    code: 'USAGE',
    status: 400,
    detail: `"${[verb, ...values].join(' ')}" is nothing that variables can do.`,
    hint: `Write: ${forms}.`,
  });
}

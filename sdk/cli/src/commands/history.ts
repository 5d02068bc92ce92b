import type { AnswerOf } from '@containr/client';
import type { Infer } from '@containr/sdk';
import { openApi } from '../api.ts';
import type { Api } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { reads } from '../documents.ts';
import { onOneLine } from '../variable-diff.ts';

const FieldChanges = {
  type: 'array',
  items: {
    type: 'object',
    properties: { path: { type: 'string' }, before: {}, after: {} },
    required: ['path', 'before', 'after'],
  },
} as const;
const Side = {
  type: 'object',
  properties: { number: { type: 'integer' } },
  required: ['number'],
} as const;

export const Comparison = reads<AnswerOf<'GET', '/deployments/{id}/compare'>>()({
  type: 'object',
  properties: {
    from: Side,
    to: Side,
    source: FieldChanges,
    spec: FieldChanges,
    plan: FieldChanges,
    variables: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          action: { type: 'string' },
          kind: { type: 'string' },
          before: { type: ['string', 'null'] },
          after: { type: ['string', 'null'] },
        },
        required: ['name', 'action', 'kind', 'before', 'after'],
      },
    },
    artifact: {
      type: 'object',
      properties: { same: { type: 'boolean' } },
      required: ['same'],
    },
    phases: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          beforeMs: { type: ['integer', 'null'] },
          afterMs: { type: ['integer', 'null'] },
        },
        required: ['name', 'beforeMs', 'afterMs'],
      },
    },
    way: {
      anyOf: [
        { type: 'null' },
        {
          type: 'object',
          properties: { direction: { type: 'string' }, artifact: { type: 'string' } },
          required: ['direction', 'artifact'],
        },
      ],
    },
  },
  required: ['from', 'to', 'source', 'spec', 'plan', 'variables', 'artifact', 'phases', 'way'],
});
export type Comparison = Infer<typeof Comparison>;

const Times = { p50Ms: { type: ['number', 'null'] }, p95Ms: { type: ['number', 'null'] } } as const;
const Statistics = reads<AnswerOf<'GET', '/deployments/statistics'>>()({
  type: 'object',
  properties: {
    total: { type: 'integer' },
    successRate: { type: ['number', 'null'] },
    phases: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, count: { type: 'integer' }, ...Times },
        required: ['name', 'count', 'p50Ms', 'p95Ms'],
      },
    },
    groups: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          total: { type: 'integer' },
          good: { type: 'integer' },
          failed: { type: 'integer' },
          ...Times,
        },
        required: ['name', 'total', 'good', 'failed', 'p50Ms', 'p95Ms'],
      },
    },
  },
  required: ['total', 'successRate', 'phases', 'groups'],
});

const dayMs = 86_400_000;

/** `compare`, `statistics`, `export`: what differs, how it went, and all of it as a file. */
export function historyCommands({ program, output, run, options }: CommandHost): void {
  program
    .command('compare')
    .argument('<deployment>', 'id')
    .argument('[with]', 'id of another one of the service; the one that serves without it')
    .description('what differs between two deployments: what going to the first one would change')
    .action((id: string, other?: string) =>
      run(async () => {
        const found = await comparison(await openApi(options()), id, other);
        output.value(found, comparisonLines(found).join('\n'));
      }),
    );
  program
    .command('statistics')
    .argument('[project/service]', 'all services without it')
    .option('--days <count>', 'so many days back', '30')
    .option('--by <what>', 'service or user', 'service')
    .description('success rate and durations of deployments')
    .action((name: string | undefined, given: { days: string; by: string }) =>
      run(async () => {
        const api = await openApi(options());
        const service = name === undefined ? {} : { service: (await api.service(name)).id };
        const since = new Date(Date.now() - Number(given.days) * dayMs).toISOString();
        const by = given.by === 'user' ? 'user' : 'service';
        const found = await api.get('/deployments/statistics', Statistics, { query: { since, by, ...service } });
        if (output.json) return output.value(found, '');
        const rate = found.successRate === null ? 'none ended' : `${Math.round(found.successRate * 100)} % good`;
        output.line(`${found.total} deployments, ${rate}`);
        const columns = { P50: (row: Times) => seconds(row.p50Ms), P95: (row: Times) => seconds(row.p95Ms) };
        output.table(found.phases, { PHASE: (row) => row.name, COUNT: (row) => String(row.count), ...columns }, '');
        output.table(
          found.groups,
          {
            [by.toUpperCase()]: (row) => row.name,
            ALL: (row) => String(row.total),
            GOOD: (row) => String(row.good),
            FAILED: (row) => String(row.failed),
            ...columns,
          },
          '',
        );
      }),
    );
  program
    .command('export')
    .argument('[project/service]', 'all services without it')
    .option('--format <format>', 'csv or ndjson', 'csv')
    .description('write all deployments to the standard output')
    .action((name: string | undefined, { format }: { format: string }) =>
      run(async () => {
        const api = await openApi(options());
        const service = name === undefined ? {} : { service: (await api.service(name)).id };
        const body = await api.client.download('/deployments/export', { query: { format, ...service } });
        for await (const chunk of body) process.stdout.write(chunk);
      }),
    );
}

interface Times {
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

/** What going to a deployment would change, or what differs from another. */
export function comparison(api: Api, id: string, other?: string): Promise<Comparison> {
  const query = other === undefined ? {} : { with: other };
  return api.get('/deployments/{id}/compare', Comparison, { params: { id }, query });
}

/** A comparison in lines. */
export function comparisonLines({ from, to, source, spec, variables, artifact, phases, way }: Comparison): string[] {
  const shown = (value: unknown): string =>
    value === null ? 'nothing' : onOneLine(typeof value === 'string' ? value : JSON.stringify(value));
  const fields = (what: string, changes: Comparison['spec']): string[] =>
    changes.map(
      ({ path, before, after }) =>
        `~ ${what}${path.replaceAll('/', '.').replace(/\.$/, '')}: ${shown(before)} → ${shown(after)}`,
    );
  const ofVariables = variables.map(({ name, action, kind, before, after }) =>
    kind === 'plain' ? `~ ${name}: ${shown(before)} → ${shown(after)}` : `~ ${name}: ${kind}, ${action}`,
  );
  const changes = [...fields('source', source), ...fields('spec', spec), ...ofVariables];
  const timed = phases
    .filter(({ beforeMs, afterMs }) => beforeMs !== null && afterMs !== null)
    .map(({ name, beforeMs, afterMs }) => `  ${name} ${seconds(beforeMs)} → ${seconds(afterMs)}`);
  return [
    `From #${from.number} to #${to.number}`,
    ...(changes.length === 0 ? ['Source, settings and variables are the same.'] : changes),
    artifact.same ? 'The artifact is the same.' : 'The artifact is another one.',
    ...timed,
    ...(way ? [wayLine(way.artifact)] : []),
  ];
}

function wayLine(artifact: string): string {
  if (artifact === 'ready') return 'Its artifact is ready, so nothing is built.';
  if (artifact === 'gone') return 'A clean-up removed its artifact: its source is built again (--rebuild).';
  if (artifact === 'lost') return 'Its artifact and its source are gone, so it can not be started again.';
  return 'Its node does not answer, so it is not known whether its artifact is there.';
}

function seconds(ms: number | null): string {
  return ms === null ? '' : `${(ms / 1000).toFixed(1)} s`;
}

import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import type { Api } from '../api.ts';
import { openApi } from '../api.ts';
import { applied } from '../apply.ts';
import type { CommandHost } from '../command.ts';
import { environmentName } from '../environment-name.ts';
import { differenceLines, onOneLine } from '../variable-diff.ts';

const Change = defineSchema({
  type: 'object',
  properties: {
    id: { type: 'string' },
    scope: { type: 'string' },
    slug: { type: 'string' },
    variable: {
      anyOf: [
        { type: 'null' },
        {
          type: 'object',
          properties: {
            name: { type: 'string' },
            action: { type: 'string', enum: ['added', 'changed', 'removed'] },
            kind: { type: 'string' },
            before: { type: ['string', 'null'] },
            after: { type: ['string', 'null'] },
          },
          required: ['name', 'action', 'kind', 'before', 'after'],
        },
      ],
    },
    spec: {
      anyOf: [
        { type: 'null' },
        {
          type: 'array',
          items: {
            type: 'object',
            properties: { path: { type: 'string' }, before: {}, after: {} },
            required: ['path', 'before', 'after'],
          },
        },
      ],
    },
    conflict: { type: 'boolean' },
    by: { type: 'string' },
    at: { type: 'string' },
  },
  required: ['id', 'scope', 'slug', 'variable', 'spec', 'conflict', 'by', 'at'],
});
type Change = Infer<typeof Change>;

/** `changes`, `apply`, `drop`: what is staged in an environment. */
export function changeCommands({ program, output, run, options }: CommandHost): void {
  const where = 'project, or project@environment';
  program
    .command('changes')
    .argument('<environment>', where)
    .description('what is staged in an environment, and what it would change')
    .action((name: string) =>
      run(async () => {
        const api = await openApi(options());
        const items = await api.all('/changes', Change, { query: { environment: await environmentOf(api, name) } });
        output.table<Change>(
          items,
          {
            OF: (item) => item.slug,
            CHANGE: (item) => changeLines(item).join('; '),
            NOTE: (item) => (item.conflict ? 'has been changed since' : ''),
            BY: (item) => item.by,
            ID: (item) => item.id,
          },
          'Nothing is staged. Stage a change: containr variables TARGET set NAME=value --stage',
        );
      }),
    );
  program
    .command('apply')
    .argument('<environment>', where)
    .argument('[ids...]', 'some of what is staged; all of it without')
    .option('--overwrite', 'also what has been changed since it was staged')
    .option('--no-deploy', 'without deploying what the changes reach')
    .description('apply what is staged, and deploy what it reaches in the order of references')
    .action((name: string, ids: string[], given: { overwrite?: boolean; deploy: boolean }) =>
      run(async () => {
        const api = await openApi(options());
        const environment = await environmentOf(api, name);
        const { overwrite = false, deploy } = given;
        return applied(api, output, { environment, overwrite, deploy, ...(ids.length > 0 ? { ids } : {}) });
      }),
    );
  program
    .command('drop')
    .argument('<environment>', where)
    .argument('[ids...]', 'some of what is staged; all of it without')
    .description('forget what is staged')
    .action((name: string, ids: string[]) =>
      run(async () => {
        const api = await openApi(options());
        const environment = await environmentOf(api, name);
        if (ids.length === 0) await api.client.request('DELETE', '/changes', { query: { environment } });
        for (const id of ids) await api.client.request('DELETE', `/changes/${encodeURIComponent(id)}`);
        output.value({ dropped: ids.length === 0 ? 'all' : ids }, 'Dropped. Nothing that runs was touched.');
      }),
    );
}

async function environmentOf(api: Api, name: string): Promise<string> {
  const { project, slug } = environmentName(name);
  return (await api.environment(project, slug)).id;
}

function changeLines({ variable, spec }: Change): string[] {
  if (variable) return differenceLines([variable]);
  const shown = (value: unknown) => onOneLine(typeof value === 'string' ? value : JSON.stringify(value));
  return (spec ?? []).map(
    ({ path, before, after }) => `~ ${path.slice(1).replaceAll('/', '.')}: ${shown(before)} → ${shown(after)}`,
  );
}

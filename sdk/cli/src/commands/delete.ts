import { ContainrError } from '@containr/sdk';
import type { Api } from '../api.ts';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { environmentName } from '../environment-name.ts';

const Deletion = {
  type: 'object',
  properties: {
    confirm: { type: 'string' },
    goes: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          what: { type: 'string' },
          count: { type: 'integer' },
          names: { type: 'array', items: { type: 'string' } },
        },
        required: ['what', 'count', 'names'],
      },
    },
  },
  required: ['confirm', 'goes'],
} as const;

/** `delete`: names what would go, and deletes with `--yes`. */
export function deleteCommand({ program, output, run, options }: CommandHost): void {
  program
    .command('delete')
    .argument('<target>', 'project, project@environment, project/service, or project/service@environment')
    .option('--yes', 'delete it; without, what would go is only named')
    .description('name what a deletion takes along, and delete it with --yes')
    .action((target: string, given: { yes?: boolean }) =>
      run(async () => {
        const api = await openApi(options());
        const { kind, id } = await targetOf(api, target);
        const params = { id };
        const { confirm, goes } = await api.get(`/${kind}/{id}/deletion`, Deletion, { params });
        const lines = goes.map(({ what, count, names }) => {
          const more = count - names.length;
          return `  ${what} (${count}): ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
        });
        const list = lines.length === 0 ? '  nothing else' : lines.join('\n');
        if (given.yes !== true) {
          output.value({ confirm, goes }, `Deleting ${target} can't be undone. With it goes:\n${list}`);
          throw new ContainrError({
            code: 'NOT_CONFIRMED',
            status: 400,
            detail: `${target} was not deleted.`,
            hint: `To delete it: containr delete ${target} --yes`,
          });
        }
        await api.client.request('DELETE', `/${kind}/${id}`, { query: { confirm }, timeoutMs: 120_000 });
        output.value({ deleted: target, goes }, `Deleted ${target}. With it went:\n${list}`);
      }),
    );
}

async function targetOf(
  api: Api,
  target: string,
): Promise<{ kind: 'projects' | 'environments' | 'services'; id: string }> {
  if (target.includes('/')) return { kind: 'services', id: (await api.service(target)).id };
  if (!target.includes('@')) return { kind: 'projects', id: (await api.project(target)).id };
  const { project, slug } = environmentName(target);
  return { kind: 'environments', id: (await api.environment(project, slug)).id };
}

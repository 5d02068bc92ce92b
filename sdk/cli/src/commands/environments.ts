import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { Environment } from '../documents.ts';
import { environmentName } from '../environment-name.ts';
import { slugOf } from './projects.ts';

const texts = { type: 'array', items: { type: 'string' } } as const;
const Synced = {
  type: 'object',
  properties: { count: { type: 'integer' }, missing: texts, extra: texts, sealed: texts },
  required: ['count', 'missing', 'extra', 'sealed'],
} as const;

/** `environments`, `environments create|duplicate|sync`. */
export function environmentCommands({ program, output, run, options }: CommandHost): void {
  const environments = program
    .command('environments')
    .argument('<project>', 'slug')
    .description('list the environments of a project')
    .action((project: string) =>
      run(async () => {
        const api = await openApi(options());
        const { id } = await api.project(project);
        output.table(
          await api.all('/environments', Environment, { query: { project: id } }),
          { ENVIRONMENT: (item) => `${project}@${item.slug}`, NAME: (item) => item.name },
          `No environment yet. Make one: containr environments create ${project} NAME`,
        );
      }),
    );
  environments
    .command('create')
    .argument('<project>', 'slug')
    .argument('<name>')
    .option('--slug <slug>')
    .description('make an empty environment')
    .action((project: string, name: string, given: { slug?: string }) =>
      run(async () => {
        const api = await openApi(options());
        const { id } = await api.project(project);
        const body = { project: id, name, slug: given.slug ?? slugOf(name) };
        const made = await api.post('/environments', Environment, { body });
        output.value(
          made,
          `Made environment ${project}@${made.slug}. Next: containr services create ${project}/NAME --environment ${made.slug}`,
        );
      }),
    );
  environments
    .command('duplicate')
    .argument('<environment>', 'project, or project@environment')
    .argument('<name>', 'of the copy')
    .option('--slug <slug>')
    .description('copy an environment with its services, specs and variables; nothing is deployed')
    .action((from: string, name: string, given: { slug?: string }) =>
      run(async () => {
        const api = await openApi(options());
        const { project, slug } = environmentName(from);
        const { id } = await api.environment(project, slug);
        const body = { name, slug: given.slug ?? slugOf(name) };
        const made = await api.post('/environments/{id}/duplicate', Environment, { params: { id }, body });
        output.value(
          made,
          `Copied ${project}@${slug} to ${project}@${made.slug}. Nothing runs in it yet: containr deploy --service ${project}/SERVICE@${made.slug}`,
        );
      }),
    );
  environments
    .command('sync')
    .argument('<environment>', 'what is to change: project, or project@environment')
    .requiredOption('--from <slug>', 'environment of the same project that it is to be as')
    .description('stage what differs from another environment; nothing changes until it is applied')
    .action((name: string, given: { from: string }) =>
      run(async () => {
        const api = await openApi(options());
        const { project, slug } = environmentName(name);
        const { id } = await api.environment(project, slug);
        const from = await api.environment(project, given.from);
        const body = { from: from.id };
        const synced = await api.post('/environments/{id}/sync', Synced, { params: { id }, body });
        const left = [
          ...synced.missing.map((one) => `${one} is only in ${given.from}: make it first if it should be here`),
          ...synced.extra.map((one) => `${one} is only in ${slug}: it stays`),
          ...synced.sealed.map((one) => `${one} is sealed in both: it is not compared, and stays`),
        ];
        const next =
          synced.count === 0
            ? `${project}@${slug} has nothing that differs from ${given.from}.`
            : `Staged ${synced.count} ${synced.count === 1 ? 'change' : 'changes'}. Look at them: containr changes ${project}@${slug}`;
        output.value(synced, [next, ...left].join('\n'));
      }),
    );
}

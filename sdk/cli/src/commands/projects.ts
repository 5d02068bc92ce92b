import { Option } from 'commander';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import type { Service as ServiceRead } from '../documents.ts';
import { Project, Service } from '../documents.ts';
import { serviceSpecCommands } from './service-spec.ts';

/** `projects`, `projects create`, `services`, `services create|show|set`, `open`. */
export function projectCommands(host: CommandHost): void {
  const { program, output, run, options } = host;
  const projects = program
    .command('projects')
    .description('list projects')
    .action(() =>
      run(async () => {
        const api = await openApi(options());
        const items = await api.all('/projects', Project);
        output.table(
          items,
          { PROJECT: (item) => item.slug, NAME: (item) => item.name },
          'No project yet. Make one: containr projects create NAME',
        );
      }),
    );
  projects
    .command('create')
    .argument('<name>')
    .option('--slug <slug>')
    .description('make a project with a production environment')
    .action((name: string, given: { slug?: string }) =>
      run(async () => {
        const api = await openApi(options());
        const project = await api.post('/projects', Project, { body: { name, slug: given.slug ?? slugOf(name) } });
        output.value(project, `Made project ${project.slug}. Next: containr services create ${project.slug}/NAME`);
      }),
    );
  const services = program
    .command('services')
    .argument('[project]', 'slug; all projects without it')
    .description('list services with their state and address')
    .action((project: string | undefined) =>
      run(async () => {
        const api = await openApi(options());
        const found: (ServiceRead & { project: string })[] = [];
        for (const item of await api.all('/projects', Project)) {
          if (project && item.slug !== project) continue;
          for (const service of await api.all('/services', Service, { query: { project: item.id } }))
            found.push({ ...service, project: item.slug });
        }
        output.table(
          found,
          {
            SERVICE: (item) => `${item.project}/${item.slug}`,
            STATE: (item) => item.status.state,
            REPLICAS: (item) => `${item.status.replicas.ready}/${item.status.replicas.desired}`,
            URL: (item) => item.urls[0] ?? '',
          },
          'No service yet. Make one: containr services create PROJECT/NAME',
        );
      }),
    );
  services
    .command('create')
    .argument('<project/name>')
    .option('--environment <slug>', 'environment', 'production')
    .addOption(new Option('--kind <kind>', 'what it is').choices(['web', 'worker', 'static', 'cron']).default('web'))
    .option('--port <number>', 'port that the software listens on, instead of PORT')
    .description('make a service')
    .action((path: string, given: { environment: string; kind: 'web' | 'worker' | 'static' | 'cron'; port?: string }) =>
      run(async () => {
        const api = await openApi(options());
        const [project = '', name = ''] = path.split('/', 2);
        const environment = await api.environment(project, given.environment);
        const spec = given.port ? { start: { port: Number(given.port) } } : {};
        const service = await api.post('/services', Service, {
          body: { environment: environment.id, name, slug: slugOf(name), kind: given.kind, spec },
        });
        output.value(
          service,
          `Made service ${project}/${service.slug}.\nDeploy it:\n  git push ${service.gitUrl ?? ''} main\nor\n  containr deploy --service ${project}/${service.slug}`,
        );
      }),
    );
  serviceSpecCommands(services, host);
  program
    .command('open')
    .argument('<project/service>')
    .description('print the address of a service')
    .action((name: string) =>
      run(async () => {
        const service = await (await openApi(options())).service(name);
        output.value({ url: service.urls[0] ?? null }, service.urls[0] ?? 'This service has no address yet.');
      }),
    );
}

/** A slug made of a name: lower case, dashes, at most 40 characters. */
export function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
}

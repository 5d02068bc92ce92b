import { ServiceSpec } from '@containr/plugin-projects/contract';
import type { Command } from 'commander';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { Service, SpecPage } from '../documents.ts';
import { settingPatch } from '../setting-patch.ts';

/** `services show`, `services set`: what a service should be. */
export function serviceSpecCommands(services: Command, { output, run, options }: CommandHost): void {
  services
    .command('show')
    .argument('<project/service>')
    .description('what the service should be: its newest revision')
    .action((name: string) =>
      run(async () => {
        const api = await openApi(options());
        const service = await api.service(name);
        const { items } = await api.get('/specs', SpecPage, { query: { service: service.id, limit: 1 } });
        const [newest] = items;
        output.value(newest ?? null, lines(newest?.spec ?? {}).join('\n'));
      }),
    );
  services
    .command('set')
    .argument('<project/service>')
    .argument(
      '<key=value...>',
      'for example health.kind=http health.path=/ready; an empty value brings the default back',
    )
    .description('change what the service should be; the next deployment takes it')
    .action((name: string, texts: readonly string[]) =>
      run(async () => {
        const api = await openApi(options());
        const { id } = await api.service(name);
        const spec = settingPatch(ServiceSpec, texts);
        const changed = await api.patch('/services/{id}', Service, { params: { id }, body: { spec } });
        output.value(
          changed,
          `${name} is at revision ${changed.revision}. Deploy it: containr deploy --service ${name}`,
        );
      }),
    );
}

/** A document as `key=value` lines, as `services set` takes them. */
function lines(value: object, above = ''): string[] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const place = `${above}${key}`;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) return lines(inner, `${place}.`);
    return [`${place}=${inner === null ? '' : typeof inner === 'string' ? inner : JSON.stringify(inner)}`];
  });
}

import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import { Empty } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { Api } from '../api.ts';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { Domain } from '../documents.ts';

async function find(api: Api, service: string, host: string): Promise<Domain> {
  const { id } = await api.service(service);
  const items = await api.all('/domains', Domain, { query: { service: id } });
  const wanted = host.toLowerCase();
  const found = items.find((one) => one.kind === 'custom' && (one.host === wanted || one.host + one.path === wanted));
  if (found) return found;
  throw new ContainrError({
    code: 'NOT_FOUND',
    status: 404,
    detail: `${service} has no custom domain ${host}.`,
    hint: `See its domains: containr domains ${service}`,
  });
}

function stateOf(domain: Domain): string {
  if (domain.ownership?.state === 'pending') return 'waiting for DNS';
  if (domain.certificate === null) return domain.kind === 'custom' ? 'HTTP only' : '';
  return domain.certificate.state === 'valid' ? 'HTTPS' : `certificate ${domain.certificate.state}`;
}

/** One or two sentences of where a domain stands and what is to be done. */
function told(domain: Domain): string {
  const { ownership, certificate } = domain;
  if (ownership?.state === 'pending')
    return [
      `${domain.host} is not shown to lead here yet. Point it here, or set this DNS record:`,
      `  ${ownership.record.name}  ${ownership.record.type}  ${ownership.record.value}`,
      ...(ownership.problem === null ? [] : [ownership.problem]),
    ].join('\n');
  if (certificate?.problem) return [certificate.problem, certificate.hint ?? ''].join('\n').trim();
  return `${domain.url} (${stateOf(domain)})`;
}

/** `domains`, `domains add`, `domains check`, `domains remove`, `domains certificate`, `domains renew`. */
export function domainCommands({ program, output, run, options }: CommandHost): void {
  const domains = program
    .command('domains')
    .argument('[project/service]')
    .description('list the names that a service answers at')
    .action((name: string) =>
      run(async () => {
        const api = await openApi(options());
        const { id } = await api.service(name);
        output.table(
          await api.all('/domains', Domain, { query: { service: id } }),
          {
            DOMAIN: (item) => `${item.host}${item.path === '/' ? '' : item.path}`,
            KIND: (item) => item.kind,
            STATE: stateOf,
            EXPIRES: (item) => item.certificate?.expiresAt?.slice(0, 10) ?? '',
            URL: (item) => item.url,
          },
          `No domain yet. Add one: containr domains add ${name} shop.example.org`,
        );
      }),
    );
  domains
    .command('add')
    .argument('<project/service>')
    .argument('<host>', 'shop.example.org, or *.example.org')
    .option('--path <path>', 'only requests below it')
    .option('--redirect-to <url>', 'send visitors there instead')
    .addOption(new Option('--https <how>', 'what plain HTTP gets').choices(['redirect', 'both']))
    .description('add a domain of your own')
    .action((name: string, host: string, given: { path?: string; redirectTo?: string; https?: 'redirect' | 'both' }) =>
      run(async () => {
        const api = await openApi(options());
        const { id } = await api.service(name);
        const domain = await api.post('/domains', Domain, { body: { service: id, host, ...given } });
        output.value(domain, told(domain));
      }),
    );
  domains
    .command('check')
    .argument('<project/service>')
    .argument('<host>')
    .description('look now whether a domain leads here')
    .action((name: string, host: string) =>
      run(async () => {
        const api = await openApi(options());
        const { id } = await find(api, name, host);
        const domain = await api.post('/domains/{id}/check', Domain, { params: { id } });
        output.value(domain, told(domain));
        return domain.ownership?.state === 'verified' ? 0 : 1;
      }),
    );
  domains
    .command('remove')
    .argument('<project/service>')
    .argument('<host>')
    .option('--yes', 'without asking')
    .description('remove a domain, and its certificate with the last path of its host')
    .action((name: string, host: string, given: { yes?: boolean }) =>
      run(async () => {
        const api = await openApi(options());
        const { id, host: confirm } = await find(api, name, host);
        if (given.yes !== true)
          throw new ContainrError({
            code: 'NOT_CONFIRMED',
            status: 400,
            detail: `Visitors of ${confirm} would not reach ${name} any more.`,
            hint: 'Say --yes to remove it.',
          });
        validate(
          Empty,
          await api.client.call('DELETE', '/domains/{id}', { params: { id }, query: { confirm } }),
          'The answer',
        );
        output.value({ removed: confirm }, `Removed ${confirm}.`);
      }),
    );
  domains
    .command('certificate')
    .argument('<project/service>')
    .argument('<host>')
    .requiredOption('--chain <file>', 'certificate first, then those that signed it (PEM)')
    .requiredOption('--key <file>', 'private key without passphrase (PEM)')
    .description('use a certificate of your own')
    .action((name: string, host: string, given: { chain: string; key: string }) =>
      run(async () => {
        const api = await openApi(options());
        const { id } = await find(api, name, host);
        const body = { chain: await readFile(given.chain, 'utf8'), key: await readFile(given.key, 'utf8') };
        const answer = await api.client.call('PUT', '/domains/{id}/certificate', { params: { id }, body });
        const domain = validate<Domain>(Domain, answer, 'The answer');
        output.value(domain, told(domain));
      }),
    );
  domains
    .command('renew')
    .argument('<project/service>')
    .argument('<host>')
    .description('order a new certificate now')
    .action((name: string, host: string) =>
      run(async () => {
        const api = await openApi(options());
        const { id } = await find(api, name, host);
        const domain = await api.post('/domains/{id}/certificate/renew', Domain, { params: { id } });
        output.value(domain, `A new certificate for ${domain.host} is ordered; the present one serves until then.`);
      }),
    );
}

import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { writeAccount } from '../account-file.ts';
import type { Api } from '../api.ts';
import { openApi } from '../api.ts';
import { archive, listFiles } from '../archive.ts';
import type { CommandHost } from '../command.ts';
import type { Deployment as DeploymentRead } from '../documents.ts';
import { Deployment, LogPage, Summary } from '../documents.ts';
import type { Output } from '../output.ts';
import { comparison, comparisonLines } from './history.ts';
import { placeOf } from './queue.ts';

/** Says why something is deployed although its environment is frozen. */
const override = [
  '--override-reason <text>',
  'deploy during a freeze window, and keep this with the deployment',
] as const;

const Live = {
  type: 'object',
  properties: {
    liveDeployment: {
      anyOf: [{ type: 'object', properties: { id: { type: 'string' } }, required: ['id'] }, { type: 'null' }],
    },
  },
  required: ['liveDeployment'],
} as const;
const Upload = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] } as const;

/** `deploy`, `deployments`, `rollback`, `cancel`. */
export function deployCommands({ program, output, run, options }: CommandHost): void {
  program
    .command('deploy')
    .argument('[folder]', 'what to deploy', '.')
    .option('--service <project/service>', 'remembered for the folder')
    .option('--no-wait', 'do not wait for the end')
    .option(...override)
    .description('upload a folder and deploy it')
    .action((folder: string, given: { service?: string; wait: boolean; overrideReason?: string }) =>
      run(async () => {
        const api = await openApi(options());
        const path = resolve(folder);
        const name = given.service ?? api.account.services[path];
        if (!name)
          throw new ContainrError({
            code: 'SERVICE_NAME',
            status: 400,
            detail: 'It is not known which service this folder belongs to.',
            hint: 'Name it once: containr deploy --service PROJECT/SERVICE',
          });
        const service = await api.service(name);
        const files = await listFiles(path);
        output.line(`Uploading ${files.length} files to ${name} …`);
        const upload = validate<{ id: string }>(
          Upload,
          await api.client.upload('/uploads', archive(path, files), 'application/gzip'),
          'The upload',
        );
        const deployment = await api.post('/deployments', Deployment, {
          body: {
            service: service.id,
            source: { kind: 'upload', upload: upload.id },
            ...(given.overrideReason === undefined ? {} : { overrideReason: given.overrideReason }),
          },
        });
        if (given.service && process.env['CONTAINR_TOKEN'] === undefined)
          await writeAccount({ ...api.account, services: { ...api.account.services, [path]: name } });
        if (!given.wait) return output.value(deployment, `Deployment #${deployment.number} is queued.`);
        return report(output, await follow(api, output, deployment));
      }),
    );
  program
    .command('deployments')
    .argument('<project/service>')
    .description('list deployments, newest first')
    .action((name: string) =>
      run(async () => {
        const api = await openApi(options());
        const service = await api.service(name);
        const rows = await api.all('/deployments', Summary, { query: { service: service.id } });
        output.table(
          rows,
          {
            NUMBER: (row) => `#${row.number}`,
            STATUS: (row) => (row.waiting ? `${row.status} (${placeOf(row.waiting)})` : row.status),
            AT: (row) => row.createdAt,
            BY: (row) => row.createdBy,
            ID: (row) => row.id,
          },
          'No deployment yet.',
        );
      }),
    );
  program
    .command('rollback')
    .argument('<deployment>', 'id')
    .option('--rebuild', 'build its source again where a clean-up removed the artifact')
    .option('--dry-run', 'show what would change, and change nothing')
    .description('go back to an earlier deployment')
    .action((id: string, given: { rebuild?: boolean; dryRun?: boolean }) =>
      run(async () => {
        const api = await openApi(options());
        const found = await comparison(api, id);
        for (const line of comparisonLines(found)) output.line(line);
        if (given.dryRun) {
          if (output.json) output.value(found, '');
          return 0;
        }
        const query = given.rebuild ? { rebuild: true } : {};
        const deployment = await api.post('/deployments/{id}/rollback', Deployment, { params: { id }, query });
        return report(output, await follow(api, output, deployment));
      }),
    );
  for (const [verb, description] of [['redeploy', 'build and deploy the same source again']] as const) {
    program
      .command(verb)
      .argument('<deployment>', 'id')
      .option(...override)
      .description(description)
      .action((id: string, body: { overrideReason?: string }) =>
        run(async () => {
          const api = await openApi(options());
          const deployment = await api.post(`/deployments/{id}/${verb}`, Deployment, { params: { id }, body });
          return report(output, await follow(api, output, deployment));
        }),
      );
  }
  program
    .command('cancel')
    .argument('<deployment>', 'id')
    .description('end a deployment that is under way')
    .action((id: string) =>
      run(async () => {
        const api = await openApi(options());
        const deployment = await api.post('/deployments/{id}/cancel', Deployment, { params: { id } });
        return output.value(deployment, `Deployment #${deployment.number} is ${deployment.status}.`);
      }),
    );
}

/** `promote`: what serves in one environment, as it is, in another one. */
export function promoteCommand({ program, output, run, options }: CommandHost): void {
  program
    .command('promote')
    .argument('<project/service>', 'what serves; project/service@environment for another one than production')
    .argument('<environment>', 'slug of the environment to deploy it in')
    .option(...override)
    .description('deploy what serves in one environment in another one, without a build')
    .action((name: string, to: string, given: { overrideReason?: string }) =>
      run(async () => {
        const api = await openApi(options());
        const { id } = await api.service(name);
        const { liveDeployment } = await api.get('/services/{id}', Live, { params: { id } });
        if (liveDeployment === null)
          throw new ContainrError({
            code: 'CONFLICT_NOTHING_LIVE',
            status: 409,
            detail: `Nothing of ${name} serves, so there is nothing to promote.`,
            hint: `Deploy it first: containr deploy --service ${name}`,
          });
        const environment = await api.environment(name.split('/', 1)[0] ?? '', to);
        const deployment = await api.post('/deployments/{id}/promote', Deployment, {
          params: { id: liveDeployment.id },
          body: { environment: environment.id, ...given },
        });
        return report(output, await follow(api, output, deployment));
      }),
    );
}

/** Shows phases and log lines until the deployment watches, is live, or ended. */
async function follow(api: Api, output: Output, begun: DeploymentRead): Promise<DeploymentRead> {
  let deployment = begun;
  let cursor: string | undefined;
  const told = new Set<string>();
  let waits = '';
  for (;;) {
    deployment = await api.get('/deployments/{id}', Deployment, { params: { id: begun.id } });
    const logs = await api.get('/logs', LogPage, {
      query: { deployment: begun.id, limit: 1000, ...(cursor ? { cursor } : {}) },
    });
    for (const line of logs.items) if (line.phase !== null) output.line(`  ${line.text}`);
    cursor = logs.items.at(-1)?.cursor ?? cursor;
    const { waiting } = deployment;
    const line = waiting ? `… ${placeOf(waiting)}: ${waiting.reason}` : waits;
    if (line !== waits) output.line(line);
    waits = line;
    for (const phase of deployment.phases) {
      if (phase.status === 'pending' || phase.status === 'running' || told.has(phase.name)) continue;
      told.add(phase.name);
      output.line(
        `${phase.status === 'done' ? '✓' : phase.status === 'skipped' ? '-' : '✗'} ${phase.name}${phase.durationMs === null ? '' : ` ${(phase.durationMs / 1000).toFixed(1)} s`}${phase.message ? `: ${phase.message}` : ''}`,
      );
    }
    if (waiting?.kind === 'freeze') return deployment;
    if (!['queued', 'running'].includes(deployment.status) && logs.items.length === 0) return deployment;
    await sleep(300);
  }
}

function report(output: Output, deployment: DeploymentRead): number {
  if (deployment.status === 'watching' || deployment.status === 'live') {
    const notices = deployment.notices.map((notice) => `\n${notice.detail} ${notice.hint}`).join('');
    output.value(deployment, `#${deployment.number} serves: ${deployment.urls[0] ?? 'no address'}${notices}`);
    return 0;
  }
  if (deployment.waiting) {
    const next = `It goes on by itself then, or now: containr override ${deployment.id} --reason TEXT`;
    output.value(deployment, `#${deployment.number} is held. ${deployment.waiting.reason}\n${next}`);
    return 0;
  }
  const cause = deployment.cause;
  output.value(
    deployment,
    `#${deployment.number} ${deployment.status}.${cause ? ` ${cause.detail}\n${cause.hint}` : ''}`,
  );
  return 1;
}

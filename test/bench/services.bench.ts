import type { TestPlatform } from '@containr/testing';
import { startTestPlatform } from '@containr/testing';
import { defaultSpec } from '@containr/plugin-projects/contract';
import { row } from './measure.ts';

/**
 * 500 services that serve, 40 of them with 300 deployments behind them: the slowest 95th percentile of the lists that people look at,
 * and the part of a core that sweeping and reconciling them takes while nothing happens.
 */
const services = 500;
const busy = 40;
const history = 300;
const rounds = 40;
const idleMs = 35_000;

const test = await startTestPlatform({ plugins: ['auth', 'deployments', 'process'] });
try {
  const before = await idleShare();
  const place = await seed(test);
  const lists = [
    `/services?environment=${place.environment}&limit=200`,
    '/services?limit=50&sort=-createdAt',
    '/deployments?limit=50',
    `/deployments?service=${place.busiest}&limit=50`,
    '/deployments?status=failed&limit=50',
    '/projects?limit=50',
    `/deployments/statistics?service=${place.busiest}`,
  ];
  let worst = 0;
  for (const path of lists) {
    // Names and statements are made at the first time.
    await test.console(path, { organisation: 'default' });
    const times: number[] = [];
    const used = process.cpuUsage();
    for (let round = 0; round < rounds; round += 1) {
      const begun = performance.now();
      const answer = await test.console(path, { organisation: 'default' });
      times.push(performance.now() - begun);
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    }
    const p95 = times.sort((a, b) => a - b)[Math.ceil(rounds * 0.95) - 1] ?? 0;
    worst = Math.max(worst, p95);
    const { user, system } = process.cpuUsage(used);
    const work = (user + system) / 1000 / rounds;
    console.error(
      `  ${p95.toFixed(1).padStart(7)} ms, ${work.toFixed(1).padStart(6)} ms of processor  ${path.replaceAll(/[0-9a-f-]{36}/g, 'ID')}`,
    );
  }
  row('services', worst, 'ms', '<=150');
  row('reconcile', Math.max(0, (await idleShare()) - before) * 100, '%', '<=5');
} finally {
  await test.stop();
}

/** Part of a core that this process, which is the control plane, takes while nobody asks anything. */
async function idleShare(): Promise<number> {
  const [begun, used] = [performance.now(), process.cpuUsage()];
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  const { user, system } = process.cpuUsage(used);
  return (user + system) / 1000 / (performance.now() - begun);
}

async function seed(platform: TestPlatform): Promise<{ environment: string; busiest: string }> {
  const ask: TestPlatform['console'] = (path, options) => platform.console(path, options);
  const body = { name: 'Many', slug: 'many' };
  const project = String((await ask('/projects', { method: 'POST', organisation: 'default', body })).field('id'));
  const environments = await ask(`/environments?project=${project}`, { organisation: 'default' });
  const environment = String(environments.field('items', 0, 'id'));
  const first = await ask('/services', {
    method: 'POST',
    organisation: 'default',
    body: { environment, name: 'first', slug: 'first', kind: 'web' },
  });
  const organisation = String(first.field('organisation'));
  const client = await platform.database.pool.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('containr.organisation', '*', true)`);
    await client.query(
      `insert into plugin_projects.services
         (id, organisation, project, environment, slug, name, kind, revision, spec, created_at, updated_at)
       select gen_random_uuid(), $1, $2, $3, 'service-' || i, 'Service ' || i, 'web', 1, $4::jsonb, now(), now()
       from generate_series(2, $5::int) i`,
      [organisation, project, environment, JSON.stringify(defaultSpec), services],
    );
    await client.query(
      `insert into plugin_deployments.deployments
         (id, organisation, project, environment, service, service_kind, name, number, status, source, revision, spec, plan,
          runtime, artifact, created_by, created_at, live_at, ended_at)
       select gen_random_uuid(), service.organisation, service.project, service.environment, service.id, 'web', service.slug, i,
         case when i = last then 'live' when i % 10 = 0 then 'failed' else 'retired' end,
         '{"kind":"upload","ref":null,"commit":null,"message":"A change","author":"ada","treeHash":null}'::jsonb, 1, service.spec, $1::jsonb,
         'process', null, 'ada', now() - (last - i) * interval '1 hour', now() - (last - i) * interval '1 hour' + interval '20 s',
         case when i = last then null else now() - (last - i - 1) * interval '1 hour' end
       from (select *, case when row_number() over (order by slug) <= $2 then $3::int else 2 end as last
             from plugin_projects.services) service, generate_series(1, service.last) i`,
      [JSON.stringify(plan()), busy, history],
    );
    await client.query(
      `insert into plugin_deployments.phases (deployment, organisation, name, position, status, attempt, started_at, ended_at)
       select deployment.id, deployment.organisation, phase.name, phase.position - 1, 'done', 1,
         deployment.created_at + phase.position * interval '1 s', deployment.created_at + (phase.position + 1) * interval '1 s'
       from plugin_deployments.deployments deployment,
         unnest(array['request','source','plan','build','release','place','start','health','route','watch','retire'])
           with ordinality phase (name, position)`,
    );
    await client.query(
      `insert into plugin_deployments.replicas
         (id, organisation, service, deployment, node, runtime, role, desired, state, address, port, started_at, observed_at, created_at)
       select gen_random_uuid(), organisation, service, id, 'node-1', 'process', 'serving', 'running', 'running', '127.0.0.1', 20000,
         live_at, now(), created_at
       from plugin_deployments.deployments where status = 'live'`,
    );
    const { rows } = await client.query<{ id: string }>(
      `select service as id from plugin_deployments.deployments group by service order by count(*) desc limit 1`,
    );
    await client.query('commit');
    await client.query('analyze');
    return { environment, busiest: rows[0]?.id ?? '' };
  } finally {
    client.release();
  }
}

/** A plan of the usual size. */
function plan(): unknown {
  const why = Array.from({ length: 6 }, (_, index) => ({ what: `Reason ${index}`, from: 'package.json' }));
  return {
    builder: 'nixpacks',
    provider: 'node',
    runtimes: [{ tool: 'node', version: '24.21.0' }],
    packages: [],
    install: ['npm ci'],
    build: ['npm run build'],
    start: 'npm start',
    staticRoot: null,
    port: 8080,
    variables: { NODE_ENV: 'production' },
    caches: [],
    toolchains: [],
    dockerfile: `FROM node:24\n${'RUN true\n'.repeat(40)}`,
    dockerfilePath: null,
    target: null,
    baseImages: ['node:24'],
    files: {},
    why,
  };
}

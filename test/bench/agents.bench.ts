import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startTestPlatform } from '@containr/testing';
import { row } from './measure.ts';

/** What 10,000 connected agents with heartbeats cost the control plane: CPU time of its process over time, in cores. */
const count = Number(process.env['CONTAINR_BENCH_AGENTS'] ?? 10_000);
const measuredMs = 20_000;

const test = await startTestPlatform();
const swarm = fork(fileURLToPath(new URL('./agent-swarm.ts', import.meta.url)), [String(count)], {
  execArgv: ['--conditions=containr-src', '--disable-warning=ExperimentalWarning'],
});
try {
  const [agents] = (await once(swarm, 'message')) as [readonly { node: string; publicKey: string }[]];
  await test.database.pool.query(
    `insert into containr.nodes (id, name, public_key, address, cpus, memory_bytes)
     select node, 'node ' || place, public_key, '127.0.0.1', 1, 1073741824
       from unnest($1::uuid[], $2::text[]) with ordinality as list(node, public_key, place)`,
    [agents.map(({ node }) => node), agents.map(({ publicKey }) => publicKey)],
  );
  swarm.send(test.origin);
  const [ready] = (await once(swarm, 'message')) as [string];
  if (ready !== 'ready') throw new Error(`The agents said ${ready}.`);
  await delay(5000);
  const before = process.cpuUsage();
  const began = performance.now();
  await delay(measuredMs);
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - began) / 1000;
  const { rows } = await test.database.pool.query<{ heard: string }>(
    `select count(*) as heard from containr.nodes where last_seen_at > now() - interval '15 seconds'`,
  );
  if (Number(rows[0]?.heard) !== count) throw new Error(`Only ${rows[0]?.heard} of ${count} agents are heard.`);
  row('agents', (user + system) / 1e6 / seconds, 'core', '<=0.25');
} finally {
  swarm.kill('SIGKILL');
  await test.stop();
}

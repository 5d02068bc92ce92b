import { Agent, request } from 'node:http';
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Setup } from '@containr/plugin-auth/contract';
import fc from 'fast-check';
import { Owner } from '../road/api.ts';
import { startLoad } from '../road/http.ts';
import { startDeploying } from './deploying.ts';
import { look, settled } from './look.ts';
import { configured, Expected } from './operations.ts';
import type { Operation } from './operations.ts';
import { startSubject } from './subject.ts';

const everyMs = 200;
/** These come and go; the others are set up anew under load, which no request may notice. */
const comeAndGo = ['docker', 'dockerfile'];
/** An installed plugin that is asked, while its version, trust and setting change. */
const steady = 'steady';
/** An installed plugin that comes and goes, and whose process is killed. */
const frail = 'frail';
const asked = [
  `/api/v1/${steady}`,
  '/healthz',
  '/api/v1/projects',
  '/api/v1/services',
  '/api/v1/deployments',
  '/api/v1/openapi.json',
];

/** How long, how many requests a second, and what order of operations. */
export interface LoadOptions {
  readonly seconds: number;
  readonly rate: number;
  readonly seed?: number | undefined;
}

/**
 * Random operations on plugins, one each 200 ms, while an open-loop client asks routes of plugins that stay on, and a small app
 * is deployed again and again and asked as well. Throws when one request or deployment failed, or something was left behind.
 */
export async function runLoad({ seconds, rate, seed = randomInt(2 ** 31) }: LoadOptions): Promise<string> {
  const subject = await startSubject({ agent: true });
  try {
    const { platform } = subject.test;
    const { url } = await platform.services.get(Setup).link({}, { principal: platform.console });
    const owner = await Owner.claim(platform.origin, url);
    const deploying = await startDeploying(owner);
    const before = await look(subject.test);
    const app = startLoad(deploying.url, rate / 2);
    const repeated = deploying.again();
    const client = startClient(platform.origin, owner.token, rate);
    const expected = new Expected(subject);
    const choose = underLoad(subject.packages.map(({ name }) => name));
    const planned = fc.sample(choose, { seed, numRuns: Math.ceil((seconds * 1000) / everyMs) });
    const counts = new Map<string, number>();
    const end = Date.now() + seconds * 1000;
    let done = 0;
    for (const operation of planned) {
      if (Date.now() > end) break;
      const next = Date.now() + everyMs;
      await expected.run(operation);
      done += 1;
      counts.set(operation.verb, (counts.get(operation.verb) ?? 0) + 1);
      await pause(Math.max(0, next - Date.now()));
    }
    await expected.restore();
    const [{ answered, failures }, deployed, visits] = await Promise.all([client.stop(), repeated.stop(), app.stop()]);
    const failed = [...failures, ...visits.failures.map((why) => `the app: ${why}`)];
    const bad = [
      ...failed.slice(0, 10),
      ...deployed.failures,
      ...(await expected.wrong()),
      ...(await settled(subject.test, before)).map((line) => line.slice(0, 300)),
    ];
    if (bad.length > 0)
      throw new Error(
        `${failed.length} of ${answered + visits.sent} requests failed (seed ${seed})\n${bad.join('\n')}`,
      );
    const verbs = [...counts].map(([verb, count]) => `${verb} ${count}`).join(', ');
    return `${done} operations (${verbs}) while ${answered + visits.sent} requests were answered, 0 failed; ${deployed.live} deployments; nothing was left behind (seed ${seed})`;
  } finally {
    await subject.test.stop();
  }
}

/** Operations of which no request to a plugin that stays on may notice anything. */
function underLoad(own: readonly string[]): fc.Arbitrary<Operation> {
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        verb: fc.constantFrom('enable', 'disable', 'crash'),
        plugin: fc.constantFrom(...comeAndGo),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ verb: fc.constantFrom('replace', 'crash'), plugin: fc.constantFrom(...own) }),
    },
    { weight: 1, arbitrary: configured() },
    {
      weight: 2,
      arbitrary: fc.record({
        verb: fc.constantFrom('replace', 'upgrade', 'break', 'trust', 'configure'),
        plugin: fc.constant(steady),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        verb: fc.constantFrom('enable', 'enable', 'disable', 'upgrade', 'break', 'trust', 'kill'),
        plugin: fc.constant(frail),
      }),
    },
  );
}

/** Asks at a fixed rate whether or not answers come, over kept connections, and tries nothing twice. */
function startClient(origin: string, token: string, rate: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const failures: string[] = [];
  const open = new Set<Promise<void>>();
  const began = performance.now();
  let sent = 0;

  function ask(path: string): Promise<void> {
    return new Promise((resolve) => {
      const at = Math.round(performance.now() - began);
      const fail = (why: string): void => {
        failures.push(`${path} at ${at} ms: ${why}`);
        resolve();
      };
      const headers = { authorization: `Bearer ${token}` };
      request(new URL(path, origin), { agent, headers, timeout: 30_000 }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', (error) => fail(error.message));
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve();
          else fail(`${answer.statusCode} ${Buffer.concat(chunks).toString('utf8').slice(0, 200)}`);
        });
      })
        .on('timeout', () => fail('no answer within 30 s'))
        .on('error', (error) => fail(error.message))
        .end();
    });
  }

  const timer = setInterval(() => {
    for (const due = ((performance.now() - began) / 1000) * rate; sent < due; sent += 1) {
      const one = ask(asked[sent % asked.length] ?? '/healthz');
      open.add(one);
      void one.finally(() => open.delete(one));
    }
  }, 10);
  return {
    async stop(): Promise<{ answered: number; failures: readonly string[] }> {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
      return { answered: sent, failures };
    },
  };
}

import cluster from 'node:cluster';
import type { Worker } from 'node:cluster';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ask } from './answer.ts';
import { testDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { until } from './platform.ts';

/** Sends a request every few milliseconds, whatever became of those before, over kept connections and without a retry. */
function openLoop(origin: string, path: string) {
  const agent = new Agent({ keepAlive: true });
  const answers = new Map<string, number>();
  const failures: string[] = [];
  const pending = new Set<Promise<void>>();
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const fail = (reason: string): void => {
        failures.push(reason);
        resolve();
      };
      get(`${origin}${path}`, { agent, family: 4 }, (response) => {
        text(response).then(
          (body) => {
            if (response.statusCode !== 200) return fail(`${response.statusCode} ${body}`);
            answers.set(body, (answers.get(body) ?? 0) + 1);
            return resolve();
          },
          (error: unknown) => fail(String(error)),
        );
      }).on('error', (error) => fail(String(error)));
    });
  const timer = setInterval(() => {
    const sent = one();
    pending.add(sent);
    void sent.finally(() => pending.delete(sent));
  }, 4);
  return {
    answers,
    failures,
    async stop() {
      clearInterval(timer);
      await Promise.all(pending);
      agent.destroy();
    },
  };
}

describe('one control-plane process takes over from another', function () {
  this.timeout(90_000);
  let database: TestDatabase;
  let data: string;
  let generation = 0;
  const workers: Worker[] = [];
  /** Which generation did each job. */
  const worked: string[] = [];

  before(async () => {
    database = await testDatabase();
    data = await mkdtemp(join(tmpdir(), 'containr-hand-over-'));
    // Every process gets the listening sockets themselves, with what waits in their queues.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({
      exec: fileURLToPath(new URL('../test/control-plane.ts', import.meta.url)),
      execArgv: ['--conditions=containr-src', '--disable-warning=ExperimentalWarning'],
    });
  });
  after(async () => {
    for (const worker of workers) if (!worker.isDead()) worker.process.kill('SIGKILL');
    await database.stop();
    await rm(data, { recursive: true, force: true });
  });

  async function start(port?: string): Promise<{ worker: Worker; origin: string }> {
    generation += 1;
    const worker = cluster.fork({
      DATA: data,
      DATABASE: database.url,
      GENERATION: String(generation),
      ...(port ? { TAKES_OVER: port } : {}),
    });
    workers.push(worker);
    worker.on('message', (message: { worked?: string }) => {
      if (message.worked !== undefined) worked.push(message.worked);
    });
    const [message] = (await once(worker, 'message')) as [{ ready: string }];
    return { worker, origin: message.ready };
  }

  it('three times, with no failed request, the slow one answered and the stream told where to resume', async () => {
    const first = await start();
    const { origin } = first;
    worked.length = 0;
    const client = openLoop(origin, '/api/v1/who');
    let serving = first.worker;
    for (let round = 0; round < 3; round += 1) {
      const now = String(generation);
      await until('the process serves', async () => (client.answers.get(`"${now}"`) ?? 0) > 50);
      const stream = ask({ origin }, '/api/v1/who/stream');
      const slow = ask({ origin }, '/api/v1/who/slowly');
      await sleep(100);
      const next = await start(new URL(origin).port);
      expect(next.origin).to.equal(origin);
      const exit = once(serving, 'exit');
      serving.send('retire');
      expect((await stream).text)
        .to.contain('event: resume')
        .and.contain(`{"lastEventId":"${now}"}`);
      // It drains as long as it answers that one, and leaves to the next one what comes now.
      for (let job = 0; job < 4; job += 1) await ask({ origin }, '/api/v1/who/works', { method: 'POST' });
      await until('the jobs were done', async () => worked.length === 4);
      expect(worked.splice(0), 'who worked').to.deep.equal(Array(4).fill(String(generation)));
      expect((await slow).json).to.equal(now);
      expect((await exit)[0]).to.equal(0);
      serving = next.worker;
    }
    await until('the last one serves alone', async () => (client.answers.get('"4"') ?? 0) > 50);
    await client.stop();
    expect(client.failures.slice(0, 3)).to.deep.equal([]);
    expect([...client.answers.keys()]).to.deep.equal(['"1"', '"2"', '"3"', '"4"']);
    const console = await ask({ socketPath: join(data, 'console.sock') }, '/api/v1/plugins');
    expect(console.status, 'the console socket was handed over too').to.equal(200);
  });
});

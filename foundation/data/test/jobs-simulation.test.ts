import { expect } from 'chai';
import { testDatabase } from '@containr/testing';
import type { TestDatabase } from '@containr/testing';
import { RealServer } from './simulation/real-server.ts';
import { Scenario } from './simulation/scenario.ts';

const wanted = Number(process.env['CONTAINR_SEEDS'] ?? 300);
const first = Number(process.env['CONTAINR_SEED'] ?? 1);

/**
 * The runner of jobs on a real queue in a real Postgres, on simulated time, with processes that die. Each seed is one history; a seed
 * that fails is replayed by `CONTAINR_SEED=n CONTAINR_SEEDS=1 npx mocha foundation/data/test/jobs-simulation.test.ts`.
 */
describe('jobs, simulated', function () {
  this.timeout(0);
  const blocks = 10;
  let database: TestDatabase;
  let server: RealServer;
  before(async function () {
    // Its time is the world's only for who may change what the server itself brings.
    if (process.env['CONTAINR_TEST_DATABASE_URL'] !== undefined) this.skip();
    database = await testDatabase();
    const url = new URL(database.url);
    url.username = 'postgres';
    server = new RealServer(url.href);
    await server.prepare();
  });
  after(async () => {
    await server.end();
    await database.stop();
  });

  async function play(seed: number): Promise<Scenario> {
    const scenario = new Scenario(seed, server);
    try {
      await scenario.run();
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new Error(`Seed ${seed}: ${why}\n${scenario.world.history.slice(-120).join('\n')}`, { cause: error });
    }
    return scenario;
  }

  it('replays the same history for the same seed', async () => {
    const histories = [await play(7), await play(7)].map(({ world }) => world.history);
    expect(histories[0]).to.have.length.greaterThan(5);
    expect(histories[0]).to.deep.equal(histories[1]);
  });

  for (let block = 0; block < Math.min(blocks, wanted); block += 1) {
    const from = first + Math.floor((wanted * block) / blocks);
    const to = first + Math.floor((wanted * (block + 1)) / blocks) - 1;
    it(`runs what was enqueued, once at a time, whatever goes wrong, seeds ${from} to ${Math.max(from, to)}`, async () => {
      for (let seed = from; seed <= Math.max(from, to); seed += 1) await play(seed);
    });
  }
});

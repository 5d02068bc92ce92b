import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { scratchFolder } from '@containr/testing';
import { Scenario } from './simulation/scenario.ts';

const wanted = Number(process.env['CONTAINR_SEEDS'] ?? 1500);
const first = Number(process.env['CONTAINR_SEED'] ?? 1);

/**
 * The life cycle of plugins on simulated time, storage, processes and faults. Each seed is one history; a seed that fails is
 * replayed by `CONTAINR_SEED=n CONTAINR_SEEDS=1 npx mocha kernel/test/lifecycle-simulation.test.ts`.
 */
describe('the life cycle of plugins, simulated', function () {
  this.timeout(0);
  const blocks = 10;
  let folder: string;
  before(async () => (folder = await scratchFolder('simulation')));
  after(() => rm(folder, { recursive: true }));

  async function play(seed: number): Promise<Scenario> {
    const scenario = new Scenario(seed, folder);
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
    it(`keeps its promises whatever goes wrong, seeds ${from} to ${Math.max(from, to)}`, async () => {
      for (let seed = from; seed <= Math.max(from, to); seed += 1) await play(seed);
    });
  }
});

import { expect } from 'chai';
import { Scenario } from './simulation/scenario.ts';

const wanted = Number(process.env['CONTAINR_SEEDS'] ?? 2000);
const first = Number(process.env['CONTAINR_SEED'] ?? 1);

/**
 * The whole engine on simulated time, storage, nodes and faults. Each seed is one history; a seed that fails is replayed by
 * `CONTAINR_SEED=n CONTAINR_SEEDS=1 npx mocha plugins/deployments/test/simulation.test.ts`.
 */
describe('the road, simulated', function () {
  this.timeout(0);
  const blocks = 10;

  it('replays the same history for the same seed', async () => {
    const histories = [new Scenario(7), new Scenario(7)];
    for (const scenario of histories) await scenario.run();
    expect(histories[0]?.world.history).to.have.length.greaterThan(5);
    expect(histories[0]?.world.history).to.deep.equal(histories[1]?.world.history);
  });

  for (let block = 0; block < Math.min(blocks, wanted); block += 1) {
    const from = first + Math.floor((wanted * block) / blocks);
    const to = first + Math.floor((wanted * (block + 1)) / blocks) - 1;
    it(`keeps its promises whatever goes wrong, seeds ${from} to ${Math.max(from, to)}`, async () => {
      for (let seed = from; seed <= Math.max(from, to); seed += 1) await play(seed);
    });
  }
});

async function play(seed: number): Promise<void> {
  const scenario = new Scenario(seed);
  try {
    await scenario.run();
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Error(`Seed ${seed}: ${why}\n${scenario.world.history.slice(-120).join('\n')}`, { cause: error });
  }
}

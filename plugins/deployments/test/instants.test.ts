import { Scenario, victims } from './simulation/scenario.ts';

/** Instants in all, and the seed of the first world; `CONTAINR_SEED=n CONTAINR_INSTANTS=8` replays a world that failed. */
const wanted = Number(process.env['CONTAINR_INSTANTS'] ?? 1200);
const first = Number(process.env['CONTAINR_SEED'] ?? 1);
/** How many instants of one world somebody is killed at. */
const perWorld = 8;

/**
 * The whole engine on simulated time, storage and nodes. A world is played undisturbed, which says how much happens in it; then again,
 * the same until control plane, agent, engine or database is killed between any two happenings of it: also within an effect.
 */
describe('a kill at any instant of the road, simulated', function () {
  this.timeout(0);

  for (const [index, victim] of victims.entries()) {
    it(`ends well when it takes the ${victim}`, async () => {
      const worlds = Math.max(1, Math.ceil(wanted / victims.length / perWorld));
      for (let world = 0; world < worlds; world += 1) await play(first + world * victims.length + index, victim);
    });
  }
});

async function play(seed: number, victim: (typeof victims)[number]): Promise<void> {
  const undisturbed = new Scenario(seed, 'none');
  await told(`Seed ${seed}, undisturbed`, undisturbed);
  const { happened } = undisturbed.world;
  for (let instant = 0; instant < perWorld; instant += 1) {
    // Spread over the world, one in each part of it; where in the part, the seed says.
    const before = 1 + Math.floor(((instant + ((seed * 0.618_034) % 1)) * happened) / perWorld);
    await told(
      `Seed ${seed}, ${victim} killed before happening ${before} of ${happened}`,
      new Scenario(seed, { before, victim }),
    );
  }
}

async function told(what: string, scenario: Scenario): Promise<void> {
  try {
    await scenario.run();
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Error(`${what}: ${why}\n${scenario.world.history.slice(-120).join('\n')}`, { cause: error });
  }
}

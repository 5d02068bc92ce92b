import { World } from '@containr/testing/simulation';
import { until } from '../road/until.ts';
import type { Boundary } from './boundaries.ts';
import { boundariesOf } from './boundaries.ts';
import type { Baseline } from './leftovers.ts';
import { baselineOf, leftovers } from './leftovers.ts';
import type { Operation } from './operations.ts';
import { operations } from './operations.ts';
import type { Blow } from './replay.ts';
import { perform, replay } from './replay.ts';
import type { Subject } from './subject.ts';
import { victimsOf } from './victims.ts';

const isFull = process.env['CONTAINR_TEST_FULL'] === '1';
/** Another one each minute, so that in time all is tried; named in the message of a failure. */
const seed = Number(process.env['CONTAINR_CHAOS_SEED'] ?? Math.floor(Date.now() / 60_000) % 100_000);
/** How long a usual run goes on with further blows, in ms. */
const budgetMs = Number(process.env['CONTAINR_CHAOS_MS'] ?? 45_000);
/** Only blows whose name contains this: `operation, victim, occurrence, point`. */
const only = process.env['CONTAINR_CHAOS_ONLY'];
/** What happens in an install that nobody asks for anything is no boundary of an operation. */
const idleMs = 6000;

/** What kills are tried in. */
export interface Surroundings {
  start(): Promise<Subject>;
  /** Whether a boundary is tried there. */
  isAbout(point: string): boolean;
}

/**
 * Kills processes of a real install at every boundary of every operation, one kill at a time: what becomes true by a commit, by a
 * file that is moved into its place, by a message, and both sides of each effect. The boundaries are what an undisturbed
 * operation passed. A usual run takes as many as its time allows, picked by a seed; the whole one takes all.
 */
export function describeChaos(runtime: string, install: Surroundings): void {
  describe(`a kill at a boundary, on ${runtime}`, function () {
    this.timeout(isFull ? 6 * 3_600_000 : 900_000);
    const world = new World(seed);
    let subject: Subject;
    let baseline: Baseline;
    let idle: ReadonlySet<string>;

    before(async () => {
      subject = await install.start();
      baseline = await baselineOf(subject);
      await subject.boundaries.forget();
      await new Promise((resolve) => setTimeout(resolve, idleMs));
      idle = new Set(await subject.boundaries.passed());
    });
    after(async () => {
      await subject?.stop();
      await subject?.engine?.stop();
    });

    const deploy = operations.filter(({ name }) => name === 'deploy');
    const chosen =
      isFull || only ? operations : [...deploy, world.pick(operations.filter((one) => !deploy.includes(one)))];
    const known = new Set<string>();
    for (const operation of chosen) {
      it(`leaves everything right, whoever is killed in it: ${operation.name}`, async () => {
        const blows = await blowsOf(operation);
        const begun = Date.now();
        const failures: string[] = [];
        const seen = { reached: 0, missed: 0, requests: 0 };
        for (const blow of isFull ? blows : shuffled(blows, world)) {
          if (!isFull && !only && Date.now() - begun > budgetMs / chosen.length) break;
          try {
            const { reached, requests } = await replay(subject, blow, baseline);
            seen[reached ? 'reached' : 'missed'] += 1;
            seen.requests += requests;
          } catch (error) {
            failures.push(`${nameOf(blow)}: ${error instanceof Error ? error.message : String(error)}`);
            await comesToRest(failures);
          }
        }
        console.log(
          `      ${seen.reached} of ${blows.length} kills (seed ${seed}), ${seen.missed} places not come to, 0 of ${seen.requests} requests failed`,
        );
        if (failures.length > 0)
          throw new Error(`Seed ${seed}:\n${failures.join('\n')}\n${await subject.install.log()}`);
      });
    }

    /** One for each boundary and victim; a boundary that an earlier operation has is not tried again. */
    async function blowsOf(operation: Operation): Promise<Blow[]> {
      const passed = await perform(subject, operation, baseline);
      const fresh = boundariesOf(passed, idle, 1).filter(({ point }) => install.isAbout(point) && !known.has(point));
      for (const { point } of fresh) known.add(point);
      const blow = (boundary: Boundary): Blow[] =>
        victimsOf(boundary.point).map((victim) => ({ operation, boundary, victim }));
      return fresh.flatMap(blow).filter((one) => only === undefined || nameOf(one).includes(only));
    }

    /** After a failure the next one must begin from rest, or its own result says nothing. */
    async function comesToRest(failures: readonly string[]): Promise<void> {
      try {
        await subject.recovered();
        await until('it rests again', async () => (await leftovers(subject, baseline)).length === 0, 90_000);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new Error(`Seed ${seed}:\n${failures.join('\n')}\n${why}\n${await subject.install.log()}`, {
          cause: error,
        });
      }
    }
  });
}

function nameOf({ operation, victim, boundary }: Blow): string {
  return `${operation.name}, ${victim}, ${boundary.occurrence}, ${boundary.point}`;
}

function shuffled<T>(from: readonly T[], world: World): T[] {
  return from
    .map((one) => ({ one, rank: world.chance() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one);
}

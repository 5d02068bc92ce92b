import { startLoad } from '../road/http.ts';
import { until } from '../road/until.ts';
import type { Boundary } from './boundaries.ts';
import type { Baseline } from './leftovers.ts';
import { leftovers } from './leftovers.ts';
import type { Ending, Operation } from './operations.ts';
import type { Subject, Victim } from './subject.ts';

/** One kill at one boundary of one operation. */
export interface Blow {
  readonly operation: Operation;
  readonly boundary: Boundary;
  readonly victim: Victim;
}

/** What came of it. */
export interface Outcome {
  /** Whether anybody came to the boundary this time; chance decides some of them. */
  readonly reached: boolean;
  readonly requests: number;
  readonly recoveredMs: number;
}

const visitsPerSecond = 40;
/** How long it may take from the recovery until everything is as it must be. */
const rightMs = 30_000;

/** Performs an operation undisturbed, and waits until the install rests; gives what was passed. */
export async function perform(subject: Subject, operation: Operation, baseline: Baseline): Promise<readonly string[]> {
  await subject.boundaries.forget();
  const ending = await operation.begin(subject, await subject.says());
  await rests(subject, ending, baseline, null, 60_000);
  return subject.boundaries.passed();
}

/** Performs an operation, and kills somebody at a boundary of it. Rejects with what was not as it must be. */
export async function replay(subject: Subject, blow: Blow, baseline: Baseline): Promise<Outcome> {
  const { operation, boundary, victim } = blow;
  if (victim === 'control plane') await subject.makeRoomForCrash();
  const before = await subject.says();
  const visits = startLoad(subject.url, visitsPerSecond);
  try {
    const began = await subject.now();
    subject.counter.since();
    await subject.boundaries.forget();
    const pids = await subject.pidsOf(victim);
    await subject.boundaries.arm(boundary, pids);
    const ending = await operation.begin(subject, before);
    await until(
      'somebody comes to the boundary, or the operation is over without that',
      async () => subject.boundaries.struck || (await wrongs(subject, ending, baseline, null)).length === 0,
      90_000,
      50,
    );
    const reached = subject.boundaries.struck;
    await subject.boundaries.disarm();
    const struckAt = Date.now();
    await subject.recovered(reached ? pids : []);
    const recoveredMs = Date.now() - struckAt;
    await rests(subject, ending, baseline, victim, rightMs);
    const seen = await visits.stop();
    if (victim !== 'ingress' && seen.failures.length > 0)
      throw new Error(
        `${seen.failures.length} of ${seen.sent} requests failed: ${seen.failures.slice(0, 5).join('; ')}`,
      );
    const asked = await subject.askedSince(began);
    const repeated = subject.counter.since().filter(([, count]) => count > Math.max(1, asked));
    if (repeated.length > 0)
      throw new Error(
        repeated.map(([name, count]) => `${name} ran ${count} times, asked for ${asked} times`).join(', '),
      );
    return { reached, requests: seen.sent, recoveredMs };
  } finally {
    await visits.stop();
  }
}

/** Waits until an operation ended as it must and nothing of it is left. */
async function rests(
  subject: Subject,
  ending: Ending,
  baseline: Baseline,
  victim: Victim | null,
  withinMs: number,
): Promise<void> {
  await until(
    'everything is as it must be',
    async () => {
      const wrong = await wrongs(subject, ending, baseline, victim);
      if (wrong.length > 0) throw new Error(wrong.join('\n  '));
      return true;
    },
    withinMs,
    200,
  );
}

async function wrongs(subject: Subject, ending: Ending, baseline: Baseline, victim: Victim | null): Promise<string[]> {
  return [...(await judge(subject, ending, victim)), ...(await leftovers(subject, baseline))];
}

/** What is wrong with how an operation ended. */
async function judge(subject: Subject, ending: Ending, victim: Victim | null): Promise<string[]> {
  const cutOff = victim === 'agent' || victim === 'engine';
  const wrong = await ending.wrong(subject, cutOff);
  const says = await subject.says();
  // It went another way that is right too, and was looked at there.
  const mayDiffer = cutOff && wrong.length === 0;
  return [
    ...wrong,
    ...(says === ending.says || mayDiffer ? [] : [`visitors are told "${says}", and should be told "${ending.says}"`]),
  ];
}

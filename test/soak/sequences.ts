import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { heapInUse } from './heap.ts';
import { look, settled } from './look.ts';
import type { Look } from './look.ts';
import type { Operation } from './operations.ts';
import { Expected, operations } from './operations.ts';
import type { Subject } from './subject.ts';
import { startSubject } from './subject.ts';

/** How much the heap may grow over all sequences: caches that fill once and are bounded, such as the newest events. */
const heapBytes = 12 * 1_048_576;

/** How many sequences, and where to begin. */
export interface SequenceOptions {
  readonly runs: number;
  readonly longest: number;
  /** A failing seed and path of an earlier run. */
  readonly seed?: number | undefined;
  readonly path?: string | undefined;
  readonly withinMs: number;
}

/**
 * Random operations on every first-party plugin and on installed ones; after each sequence everything is turned on again as it
 * was, and compared with how it was after the start. Throws with what was left behind, the shortest sequence that leaves it, and
 * how to replay.
 */
export async function runSequences(options: SequenceOptions): Promise<string> {
  const seed = options.seed ?? randomInt(2 ** 31);
  let subject = await startSubject();
  let before: Look = await look(subject.test);
  let heap: number | null = null;
  let done = 0;
  let runs = 0;

  async function anew(): Promise<void> {
    await subject.test.stop();
    subject = await startSubject();
    before = await look(subject.test);
    heap = null;
  }

  // Not fast-check's own limit: its timer would be found as one that was left behind.
  const end = Date.now() + options.withinMs;

  async function one(all: readonly Operation[]): Promise<void> {
    if (Date.now() > end) return;
    try {
      await check(subject, before, all);
    } catch (error) {
      // What one sequence left must not be blamed on the next.
      await anew();
      throw error;
    }
    runs += 1;
    done += all.length;
    heap ??= await heapInUse();
  }

  const result = await fc.check(fc.asyncProperty(operations(subject, options.longest), one), {
    seed,
    numRuns: options.runs,
    ...(options.path === undefined ? {} : { path: options.path }),
  });
  const grown = heap === null ? 0 : (await heapInUse()) - heap;
  await subject.test.stop();
  if (result.failed) {
    const error = result.errorInstance;
    throw new Error(
      [
        `A sequence left something behind: ${JSON.stringify(result.counterexample?.[0].map(({ verb, plugin }) => `${verb} ${plugin}`))}`,
        error instanceof Error ? error.message : String(error),
        `Replay it: npm run soak -- sequences --seed ${result.seed} --path ${result.counterexamplePath ?? ''}`,
      ].join('\n'),
    );
  }
  if (grown > heapBytes) throw new Error(`The heap grew by ${grown} bytes over ${runs} sequences (seed ${seed})`);
  return `${runs} sequences with ${done} operations left nothing behind; heap ${(grown / 1024).toFixed(0)} KiB (seed ${seed})`;
}

async function check(subject: Subject, before: Look, all: readonly Operation[]): Promise<void> {
  const expected = new Expected(subject);
  for (const operation of all) {
    await expected.run(operation);
    const wrong = await expected.wrong();
    if (wrong.length > 0) throw new Error(`After ${operation.verb} ${operation.plugin}: ${wrong.join('; ')}`);
  }
  await expected.restore();
  const left = await settled(subject.test, before);
  if (left.length > 0) throw new Error(left.map((line) => line.slice(0, 300)).join('\n'));
}

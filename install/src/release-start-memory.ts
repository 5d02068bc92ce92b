import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';

const usualAge = 6;
/** A process that works more than this part of the time keeps what it has: the pause would be felt. */
const idle = 0.2;

/**
 * Gives back what only the start needed: its garbage, and the code of functions that ran once. Some ten megabytes of a control
 * plane, in a pause of about a tenth of a second each time; so that is left out where the process had much to do since the time
 * before. Does nothing where `gc` is not exposed (install/launch.json does that). `afterMs`: when, ascending.
 */
export function releaseStartMemory(afterMs: readonly number[]): void {
  if (!globalThis.gc) return;
  const [first, ...later] = afterMs;
  if (first === undefined) return;
  const before = performance.eventLoopUtilization();
  setTimeout(() => {
    if (performance.eventLoopUtilization(before).utilization < idle) collect();
    releaseStartMemory(later.map((ms) => ms - first));
  }, first).unref();
}

function collect(): void {
  // V8 forgets code that was not run between so many collections.
  setFlagsFromString('--bytecode-old-age=1');
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  setFlagsFromString(`--bytecode-old-age=${usualAge}`);
}

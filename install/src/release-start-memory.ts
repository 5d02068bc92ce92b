import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';

const usualAge = 6;
/** A process that works more than this part of the time would feel the pause: it has its turn later. */
const idle = 0.25;
const pauseMs = 2000;

/**
 * Gives back what only the start needed: its garbage, and the code of functions that ran once. Some ten megabytes of a control
 * plane, in a pause of about a tenth of a second each time; so that waits until the process has little to do. Does nothing
 * where `gc` is not exposed (install/launch.json does that). `afterMs`: when to look for that moment; `times`: what the first
 * collection let go of, the second gives back.
 */
export function releaseStartMemory({ afterMs, times }: { afterMs: number; times: number }): void {
  if (!globalThis.gc || times === 0) return;
  setTimeout(() => {
    const before = performance.eventLoopUtilization();
    setTimeout(() => {
      const quiet = performance.eventLoopUtilization(before).utilization < idle;
      if (quiet) collect();
      releaseStartMemory({ afterMs: 0, times: quiet ? times - 1 : times });
    }, pauseMs).unref();
  }, afterMs).unref();
}

function collect(): void {
  // V8 forgets code that was not run between so many collections.
  setFlagsFromString('--bytecode-old-age=1');
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  setFlagsFromString(`--bytecode-old-age=${usualAge}`);
}

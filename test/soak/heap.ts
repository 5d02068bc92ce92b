import { setTimeout as pause } from 'node:timers/promises';

/** Bytes of the heap that are in use after everything that is free was collected. Needs `--expose-gc`. */
export async function heapInUse(): Promise<number> {
  const { gc } = globalThis;
  if (!gc) throw new Error('Start this with --expose-gc');
  // What weak references and finalizers hold is free only a turn later.
  for (let round = 0; round < 6; round += 1) {
    await gc({ execution: 'async' });
    await pause(20);
  }
  return process.memoryUsage().heapUsed;
}

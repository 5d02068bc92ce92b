import { randomBytes } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import type { Clock, Random } from '@containr/sdk';
import { v7 } from 'uuid';

/** The machine's time. */
export const realClock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) => after(ms, undefined, signal ? { signal } : {}),
};

/** The machine's randomness. */
export const realRandom: Random = { id: () => v7(), bytes: (count) => randomBytes(count) };

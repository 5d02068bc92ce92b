import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import type { Driver } from '../../plugins/ingress/src/drivers.ts';
import type { Change } from './changing.ts';
import { changes, ChangingApp } from './changing.ts';
import { sendVisitors } from './visitors.ts';

/** How much is changed, before how many visitors, in what order. */
export interface ChangesOptions {
  /** What carries the requests. */
  readonly driver: Driver;
  readonly changes: number;
  /** Requests a second, whether or not they are answered. */
  readonly rate: number;
  /** WebSockets that are open at a time. */
  readonly sockets: number;
  readonly seed?: number | undefined;
}

/** Weighted as they come about: what moves replicas is most of it. */
const chosen = fc.oneof(
  ...changes.map((change) => ({
    weight: ['deploy', 'rollback', 'scale', 'variable'].includes(change) ? 3 : 2,
    arbitrary: fc.constant<Change>(change),
  })),
);

/**
 * Changes an app again and again before visitors by HTTP, HTTPS and WebSockets. Throws when one of their requests failed, or when
 * after a change an address did not say at once what it should.
 */
export async function runChanges(options: ChangesOptions): Promise<string> {
  const { seed = randomInt(2 ** 31) } = options;
  const app = await ChangingApp.start(options.driver);
  try {
    const visitors = sendVisitors(app.addresses, options.rate, options.sockets);
    const counts = new Map<Change, number>();
    // Each once, then as chance has it.
    const order = [...changes, ...fc.sample(chosen, { seed, numRuns: options.changes })].slice(0, options.changes);
    try {
      for (const change of order) {
        await app.make(change, visitors.saying);
        counts.set(change, (counts.get(change) ?? 0) + 1);
        if (visitors.seen.failures.length > 0) break;
      }
    } finally {
      await visitors.stop();
    }
    const { sent, sockets, failures } = visitors.seen;
    const made = [...counts].map(([change, count]) => `${change} ${count}`).join(', ');
    if (failures.length > 0)
      throw new Error(
        `${failures.length} of ${sent} requests and ${sockets} sockets failed at ${options.driver} after ${made} (seed ${seed})\n${failures.slice(0, 20).join('\n')}`,
      );
    return `${options.driver}: ${order.length} changes (${made}) before ${sent} requests and ${sockets} WebSockets, 0 failed (seed ${seed})`;
  } finally {
    await app.stop();
  }
}

import { setTimeout as after } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Logger } from '@containr/sdk';
import type { KeyRing } from '../secrets/key-ring.ts';
import { appendRows } from './append.ts';
import { createRefusalGate } from './refusal-gate.ts';
import type { AuditEntry } from './row.ts';

const batch = 200;
const mostWaiting = 10_000;
const patienceMs = 5000;
const slowestRetryMs = 5000;

/** Adds to the log, many entries in one transaction. */
export interface AuditWriter {
  /**
   * Resolves `true` when the entry is durable, `false` when that takes longer than 5 s (the database is away): then it is
   * written as soon as it can be, while this process lives.
   */
  append(entry: AuditEntry): Promise<boolean>;
  /** Writes what waits, for up to 5 s. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly entry: AuditEntry;
  readonly written: () => void;
}

/** Makes the one writer of a process. */
export function createAuditWriter(use: { pool: Pool; keyRing: KeyRing; log: Logger }): AuditWriter {
  const { pool, keyRing, log } = use;
  const queue: Waiting[] = [];
  const gate = createRefusalGate();
  let lost = 0;
  let draining: Promise<void> | null = null;
  let stopped = false;

  async function drain(): Promise<void> {
    for (let failures = 0; queue.length > 0;) {
      const now = queue.slice(0, batch);
      const counted = { held: gate.held, lost };
      const notes = [...noteOf('audit.refusals', counted.held), ...noteOf('audit.lost', counted.lost)];
      try {
        await appendRows(pool, keyRing, [...now.map((one) => one.entry), ...notes]);
      } catch (error) {
        failures += 1;
        log.error({ error, waiting: queue.length }, 'The audit log could not be written; trying again');
        if (stopped && failures > 1) break;
        await after(Math.min(slowestRetryMs, 100 * 2 ** failures), undefined, { ref: false });
        continue;
      }
      failures = 0;
      gate.told(counted.held);
      lost -= counted.lost;
      for (const one of queue.splice(0, now.length)) one.written();
    }
    // In the same turn as the last look at the queue, so that whoever adds to it next starts anew.
    draining = null;
  }

  return {
    append(entry) {
      if (!gate.admits(entry)) return Promise.resolve(true);
      if (queue.length >= mostWaiting) {
        lost += 1;
        log.error({ action: entry.action, lost }, 'An audit entry is lost: too many wait for the database');
        return Promise.resolve(false);
      }
      return new Promise((resolve) => {
        const late = setTimeout(() => resolve(false), patienceMs);
        const written = (): void => {
          clearTimeout(late);
          resolve(true);
        };
        queue.push({ entry, written });
        draining ??= drain();
      });
    },
    async stop() {
      stopped = true;
      if (draining) await Promise.race([draining, after(patienceMs, undefined, { ref: false })]);
    },
  };
}

/** The row that stands for entries without one. */
function noteOf(action: string, count: number): AuditEntry[] {
  if (count === 0) return [];
  return [
    {
      at: new Date(),
      organisation: null,
      principal: { kind: 'system', id: 'kernel', name: 'kernel', via: 'internal' },
      action,
      plugin: 'kernel',
      targets: { count: String(count) },
      status: null,
      requestId: null,
      address: null,
    },
  ];
}

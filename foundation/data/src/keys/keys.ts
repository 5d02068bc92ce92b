import type { Pool } from 'pg';
import type { ContainrError, Logger } from '@containr/sdk';
import { conflict, defineJob, Empty, isContainrError, notFound } from '@containr/sdk';
import { addJob } from '../jobs/add.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { KeyInfo, KeyRing } from '../secrets/key-ring.ts';
import { withLock } from '../store/lock.ts';
import { runOn } from '../store/run-on.ts';
import { countSealed, findColumns, rewrapColumn } from './sealed-columns.ts';

const RewrapSecrets = defineJob({
  name: 'keys.rewrap',
  input: Empty,
  summary: 'Wraps what older keys sealed anew, with the current one',
});
const lockName = 'containr keys';
/** Other processes hear of a new key within half a minute even when a notification is lost. */
const settleMs = 60_000;

/** Told of each change of the key ring, to every process. */
export const keysChannel = 'containr_keys';

/** A key and what still needs it. */
export interface KeyUse extends KeyInfo {
  /** Places with something that an older key sealed or signed, with their rows; not counted for the current one. */
  readonly sealed: readonly { readonly place: string; readonly count: number }[];
}

/** Rotation of the install's keys. */
export interface Keys {
  list(): Promise<readonly KeyUse[]>;
  /** Makes a new key the current one and begins to wrap anew what the older ones sealed. Gives its id. */
  rotate(): Promise<string>;
  /**
   * Deletes an older key that nothing needs any more. Throws `NOT_FOUND`, `CONFLICT_KEY_CURRENT`, `CONFLICT_KEY_FRESH` (another
   * process may not know the newer one yet), `CONFLICT_KEY_USED` (names where).
   */
  retire(id: string): Promise<void>;
  /** Wraps anew now; the job does the same. Throws the first `SECRET_UNREADABLE`, after everything else is done. */
  rewrap(signal?: AbortSignal): Promise<number>;
  /** Takes over what another process did to the ring. */
  reload(): void;
  stop(): Promise<void>;
}

/** Opens key rotation; its job runs after each rotation and once an hour while there is an older key. */
export function openKeys(use: { pool: Pool; keyRing: KeyRing; jobs: Pick<Jobs, 'handle'>; log: Logger }): Keys {
  const { pool, keyRing, log } = use;
  const older = (): string[] => keyRing.list().flatMap((key) => (key.current ? [] : [key.id]));
  const tell = () => pool.query(`select pg_notify('${keysChannel}', '')`);

  async function usesOf(id: string): Promise<KeyUse['sealed']> {
    const found: { place: string; count: number }[] = [];
    for (const column of await findColumns(pool)) {
      const count = await countSealed(pool, column, [id]);
      if (count > 0) found.push({ place: column.name, count });
    }
    return found;
  }

  async function rewrap(signal?: AbortSignal): Promise<number> {
    await keyRing.reload();
    const ids = older();
    let done = 0;
    let failure: ContainrError | null = null;
    if (ids.length === 0) return done;
    for (const column of await findColumns(pool)) {
      try {
        for (let changed = -1; changed !== 0; done += changed) {
          signal?.throwIfAborted();
          changed = await rewrapColumn(pool, column, keyRing, ids);
        }
      } catch (error) {
        if (!isContainrError(error)) throw error;
        log.error({ error, place: column.name }, 'A sealed value can’t be wrapped anew');
        failure ??= error;
      }
    }
    if (failure) throw failure;
    if (done > 0) log.info({ rows: done }, 'What older keys sealed is wrapped with the current one');
    return done;
  }

  const leave = use.jobs.handle('kernel', RewrapSecrets, async ({ signal }) => void (await rewrap(signal)), {
    schedule: '7 * * * *',
  });
  return {
    async list() {
      return Promise.all(
        keyRing.list().map(async (key) => ({ ...key, sealed: key.current ? [] : await usesOf(key.id) })),
      );
    },
    rotate: () =>
      withLock(pool, lockName, async () => {
        const id = await keyRing.rotate();
        await tell();
        await addJob(runOn(pool), 'kernel', RewrapSecrets, {}, { key: 'rotation' });
        return id;
      }),
    retire: (id) =>
      withLock(pool, lockName, async () => {
        await keyRing.reload();
        const keys = keyRing.list();
        const wanted = keys.find((key) => key.id === id);
        if (!wanted) throw notFound('key');
        const current = keys.find((key) => key.current);
        const age = Date.now() - (current?.madeAt?.getTime() ?? 0);
        if (!wanted.current && age < settleMs)
          throw conflict(
            'CONFLICT_KEY_FRESH',
            'The current key is younger than a minute, so another control plane may still seal with the older one.',
            `Try again in ${Math.ceil((settleMs - age) / 1000)} s.`,
          );
        const uses = wanted.current ? [] : await usesOf(id);
        if (uses.length > 0)
          throw conflict(
            'CONFLICT_KEY_USED',
            `The key ${id} is still needed by ${uses.map(({ place, count }) => `${place} (${count})`).join(', ')}.`,
            'Sealed values are wrapped anew in the background, and answers kept for repeated requests end within 24 h.',
          );
        await keyRing.retire(id);
        await tell();
      }),
    rewrap,
    reload: () => void keyRing.reload().catch((error: unknown) => log.error({ error }, 'The key ring can’t be read')),
    stop: async () => void (await leave()),
  };
}

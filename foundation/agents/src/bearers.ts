import { createHash, randomBytes } from 'node:crypto';
import type { Pool } from 'pg';

/** First letters of every agent's bearer. */
export const bearerPrefix = 'ctra_';
/** How long a renewed bearer's predecessor is still good. */
const graceMs = 60_000;
/** Longest life of one that is not renewed: its process died. */
const validSeconds = 900;

function hashOf(bearer: string): Buffer {
  return createHash('sha256').update(bearer).digest();
}

/**
 * What agents prove themselves with over HTTP: as long as their connection lives, on whichever process they ask. Only hashes
 * are kept; those of this process are also in memory.
 */
export class Bearers {
  readonly #pool: Pool;
  readonly #process: string;
  /** Bearers of connections that are held here. */
  readonly #nodes = new Map<string, string>();
  /** The same by node, newest last. */
  readonly #held = new Map<string, readonly string[]>();

  constructor(pool: Pool, process: string) {
    this.#pool = pool;
    this.#process = process;
  }

  /** New bearers for nodes whose connections are held here; older ones end a minute later. */
  async issue(nodes: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const made = new Map(nodes.map((node) => [node, bearerPrefix + randomBytes(32).toString('base64url')]));
    await this.#pool.query(
      `insert into containr.agent_bearers (hash, node, process, until)
       select hash, node, $3, now() + interval '${validSeconds} seconds' from unnest($1::bytea[], $2::uuid[]) as list(hash, node)`,
      [[...made.values()].map(hashOf), [...made.keys()], this.#process],
    );
    const older = nodes.flatMap((node) => this.#held.get(node) ?? []);
    for (const [node, bearer] of made) {
      this.#nodes.set(bearer, node);
      this.#held.set(node, [...(this.#held.get(node) ?? []), bearer]);
    }
    if (older.length > 0) setTimeout(() => void this.#end(older).catch(() => undefined), graceMs).unref();
    return made;
  }

  /** Ends every bearer of a connection that was held here. */
  async forget(node: string): Promise<void> {
    await this.#end(this.#held.get(node) ?? []);
  }

  /** Ends every bearer of every connection that was held here. */
  async forgetAll(): Promise<void> {
    this.#nodes.clear();
    this.#held.clear();
    await this.#pool.query('delete from containr.agent_bearers where process = $1', [this.#process]);
  }

  /** The node that a bearer proves, or `null`. */
  async of(bearer: string): Promise<string | null> {
    if (!bearer.startsWith(bearerPrefix)) return null;
    const here = this.#nodes.get(bearer);
    if (here !== undefined) return here;
    const { rows } = await this.#pool.query<{ node: string }>(
      `select node from containr.agent_bearers b where hash = $1 and until > now()
         and exists (select from pg_stat_activity a where a.application_name = b.process)`,
      [hashOf(bearer)],
    );
    return rows[0]?.node ?? null;
  }

  /** Deletes those that nobody can use any more. */
  async sweep(): Promise<void> {
    await this.#pool.query('delete from containr.agent_bearers where until < now()');
  }

  async #end(bearers: readonly string[]): Promise<void> {
    for (const bearer of bearers) {
      const node = this.#nodes.get(bearer);
      if (node === undefined) continue;
      this.#nodes.delete(bearer);
      const left = (this.#held.get(node) ?? []).filter((one) => one !== bearer);
      if (left.length > 0) this.#held.set(node, left);
      else this.#held.delete(node);
    }
    if (bearers.length > 0)
      await this.#pool.query('delete from containr.agent_bearers where hash = any($1)', [bearers.map(hashOf)]);
  }
}

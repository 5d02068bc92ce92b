import { EventEmitter } from 'node:events';
import type { Pool, QueryConfig, QueryResult } from 'pg';
import type { Life, World } from '@containr/testing/simulation';
import { inLife } from '@containr/testing/simulation';
import type { Line, Notice, RealServer } from './real-server.ts';

type Given = string | QueryConfig;
type Taken = (error: Error | null, client: SimulatedClient, release: () => void) => void;

/** A process's pool of connections to a real server: a turn before each statement and one after it, where the process may die. */
export class SimulatedPool extends EventEmitter {
  readonly options: { application_name: string; max: number };
  readonly world: World;
  readonly server: RealServer;
  readonly life: Life;
  readonly longestMs: number;
  readonly #heard: (notices: readonly Notice[]) => void;
  readonly #listening = new Set<SimulatedClient>();
  readonly #idle = new Map<string, { writes: number; until: number }>();
  #line: Line | null = null;

  constructor(options: {
    world: World;
    server: RealServer;
    life: Life;
    name: string;
    /** How long a statement takes at most until it is done, and until its answer is here. Simulated milliseconds. */
    longestMs: number;
    /** Told what its statements notified. */
    heard: (notices: readonly Notice[]) => void;
  }) {
    super();
    this.options = { application_name: options.name, max: 10 };
    this.world = options.world;
    this.server = options.server;
    this.life = options.life;
    this.longestMs = options.longestMs;
    this.#heard = options.heard;
    // The runner asks for these.
    for (const name of ['error', 'connect']) this.on(name, () => undefined);
  }

  /** What code of production takes for its pool. */
  get asPool(): Pool {
    return this as unknown as Pool;
  }

  /** A statement by itself. */
  async query(given: Given, values?: unknown[]): Promise<QueryResult> {
    const query = typeof given === 'string' ? { text: given, values: values ?? [] } : given;
    await this.#wait('statement');
    const idle = this.#idleResult(query);
    const result = idle ?? (await this.world.hold(this.#run(query)));
    await this.#wait('answer');
    return result;
  }

  /** Statements of one transaction, all or none of them. */
  async transaction(
    work: (run: (sql: string, values: readonly unknown[]) => Promise<unknown>) => Promise<void>,
    commits: boolean,
  ): Promise<void> {
    await this.world.turn(this.life, 'transaction', this.longestMs);
    const run = async (): Promise<void> => {
      await this.#run({ text: 'begin' });
      await work((sql, values) => {
        let at = 0;
        return this.#run({ text: sql.replace(/\?/g, () => `$${(at += 1)}`), values: [...values] });
      });
      await this.#run({ text: commits ? 'commit' : 'rollback' });
    };
    await this.world.hold(run());
    await this.world.turn(this.life, 'committed', this.longestMs);
  }

  connect(): Promise<SimulatedClient>;
  connect(taken: Taken): void;
  connect(taken?: Taken): Promise<SimulatedClient> | undefined {
    const client = new SimulatedClient(this);
    if (!taken) return Promise.resolve(client);
    taken(null, client, () => this.#listening.delete(client));
    return undefined;
  }

  /** A client wants to hear. */
  listen(client: SimulatedClient): void {
    this.#listening.add(client);
  }

  /** Tells its listening clients. */
  notify(notices: readonly Notice[]): void {
    for (const client of this.#listening)
      for (const notice of notices) inLife(this.life, () => client.emit('notification', notice));
  }

  /** The server finds its connections closed. */
  async close(): Promise<void> {
    const line = this.#line;
    this.#line = null;
    if (line) await this.world.hold(this.server.give(line));
  }

  /** Now and then something takes much longer than usual. */
  #wait(label: string): Promise<void> {
    const usual = this.longestMs;
    return this.world.turn(this.life, label, this.world.chance() < 0.05 ? 10 * usual : usual);
  }

  async #run(query: QueryConfig): Promise<QueryResult> {
    this.#line ??= await this.server.take(this.options.application_name);
    const { result, notices } = await this.server.run(this.world, this.#line, query);
    if (notices.length > 0) this.#heard(notices);
    if (isLook(query) && result.rows.length === 0) await this.#noteIdle(query, this.#line);
    return result;
  }

  /** A look for jobs, or for dead processes, finds nothing again, as long as nothing was written and nothing came due, for some seconds. */
  #idleResult(query: QueryConfig): QueryResult | null {
    const known = isLook(query) ? this.#idle.get(keyOf(query)) : undefined;
    if (known?.writes !== this.server.writes || this.world.now + this.server.skewMs >= known.until) return null;
    return { rows: [], rowCount: 0 } as unknown as QueryResult;
  }

  async #noteIdle(query: QueryConfig, line: Line): Promise<void> {
    const text = 'select min(run_at) as due from graphile_worker._private_jobs where run_at > now()';
    const { result } = await this.server.run(this.world, line, { text });
    const { due } = (result.rows as { due: Date | null }[])[0] ?? { due: null };
    // Who is dead is a matter of time too.
    const until = Math.min(due?.getTime() ?? Number.POSITIVE_INFINITY, this.world.now + this.server.skewMs + 5000);
    this.#idle.set(keyOf(query), { writes: this.server.writes, until });
  }
}

/** One of its clients. */
export class SimulatedClient extends EventEmitter {
  readonly #pool: SimulatedPool;

  constructor(pool: SimulatedPool) {
    super();
    this.#pool = pool;
  }

  async query(given: Given, values?: unknown[]): Promise<QueryResult> {
    const text = typeof given === 'string' ? given : given.text;
    if (/^(?:un)?listen/i.test(text)) {
      await this.#pool.world.turn(this.#pool.life, 'listens', this.#pool.longestMs);
      this.#pool.listen(this);
      return { rows: [] } as unknown as QueryResult;
    }
    return this.#pool.query(given, values);
  }

  release(): void {
    // Its line belongs to the pool.
  }
}

function isLook({ name = '', text }: QueryConfig): boolean {
  return name.startsWith('get_job') || text.startsWith('with holders') || text.startsWith('select id::text, locked_at');
}

function keyOf({ text, values = [] }: QueryConfig): string {
  return `${text} ${JSON.stringify(values)}`;
}

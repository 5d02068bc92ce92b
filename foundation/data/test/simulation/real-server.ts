import pg from 'pg';
import type { World } from '@containr/testing/simulation';

/** A row that was notified by a committed statement. */
export interface Notice {
  readonly channel: string;
  readonly payload: string;
}

/** A real connection, used by one simulated process at a time. */
export interface Line {
  readonly client: pg.Client;
  /** What its own statements notified since it was last looked at. */
  readonly notices: Notice[];
  /** The time that was told to it. */
  now: number;
}

const channels = ['jobs:insert'];

/**
 * A real Postgres whose `now()` is the world's: statements, functions and locks are those of production. One statement runs at a
 * time, and the world waits for it, so that the same seed gives the same history.
 */
export class RealServer {
  /** Grows with each statement that may have changed something, and with each process that comes or goes. */
  writes = 0;
  /** How far the server's clock is from the world's, in milliseconds. */
  skewMs = 0;
  readonly #url: string;
  readonly #free: Line[] = [];
  readonly #all: Line[] = [];

  /** `url` leads to a database of a role that may change system functions. */
  constructor(url: string) {
    this.#url = url;
  }

  /** Has `now()` be what a line is told. */
  async prepare(): Promise<void> {
    const { client } = await this.#open();
    await client.query('set allow_system_table_mods = on');
    await client.query(
      `create or replace function pg_catalog.now() returns timestamptz language sql stable as
       $$ select coalesce(nullif(current_setting('simulation.now', true), '')::timestamptz, transaction_timestamp()) $$`,
    );
  }

  /** Empties the queue. */
  async clear(): Promise<void> {
    this.skewMs = 0;
    const line = await this.take('clear');
    await line.client.query(
      `delete from graphile_worker._private_jobs; delete from graphile_worker._private_job_queues; delete from containr.job_workers`,
    );
    await this.give(line);
  }

  /** A line whose server-side name is the process's. */
  async take(process: string): Promise<Line> {
    const line = this.#free.pop() ?? (await this.#open());
    this.writes += 1;
    await line.client.query(`set application_name = '${process}'`);
    return line;
  }

  /** Gives it back: to others its process has one line less. */
  async give(line: Line): Promise<void> {
    await line.client.query(`set application_name = 'nobody'`);
    this.writes += 1;
    this.#free.push(line);
  }

  /** Runs a statement at the world's time; gives its rows and what it notified. */
  async run(world: World, line: Line, query: pg.QueryConfig): Promise<{ result: pg.QueryResult; notices: Notice[] }> {
    const now = world.now + this.skewMs;
    if (line.now !== now) {
      line.now = now;
      await line.client.query('select set_config($1, $2, false)', ['simulation.now', new Date(now).toISOString()]);
    }
    const result = await line.client.query(query);
    if (changes(query.text, result)) this.writes += 1;
    return { result, notices: line.notices.splice(0) };
  }

  /** Closes every line. */
  async end(): Promise<void> {
    await Promise.all(this.#all.map(({ client }) => client.end()));
  }

  async #open(): Promise<Line> {
    const client = new pg.Client(this.#url);
    const line: Line = { client, notices: [], now: 0 };
    await client.connect();
    for (const channel of channels) await client.query(`listen "${channel}"`);
    // Of what a statement itself notified the server tells before it says that the statement is done; the rest comes at any time.
    client.on('notification', ({ processId, channel, payload = '' }) => {
      if (processId === Reflect.get(client, 'processID')) line.notices.push({ channel, payload });
    });
    this.#all.push(line);
    return line;
  }
}

function changes(text: string, result: pg.QueryResult): boolean {
  return !/^\s*(?:select set_config|select min)/i.test(text) && (result.rowCount ?? 0) > 0;
}

import type { PluginContext, UnitOfWork } from '@containr/sdk';
import { ContainrError, isContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/validate';
import type { Infer } from '@containr/sdk';
import type { Acting } from './acting.ts';
import type { requests } from './protocol.ts';
import { Told } from './protocol.ts';
import type { Registrations } from './registrations.ts';
import { checkTold, tell } from './told.ts';

/** One transaction on the plugin's tables. */
export interface TableUnit {
  query(text: string, values: readonly (string | null)[]): Promise<object>;
  commit(told: readonly unknown[]): Promise<void>;
  rollback(): Promise<void>;
  /** Resolves when it is over, for whatever reason. */
  readonly ended: Promise<void>;
}

/** The plugin's tables, reached as a database role of its own. */
export interface Tables {
  /** `*` is every organisation. */
  begin(organisation: string): Promise<TableUnit>;
}

type Data<K extends 'store.open' | 'store.query' | 'store.close'> = Infer<(typeof requests)[K]>;

const everything = '*';
const mostAtOnce = 4;
const mostWaiting = 200;

/** Transactions of one child on its own tables: whose rows there are is said here, by who really acts. */
export class Sessions {
  readonly #ctx: PluginContext;
  readonly #acting: Acting;
  readonly #registrations: Registrations;
  readonly #open = new Map<number, TableUnit>();
  readonly #waiting: (() => void)[] = [];
  #tables: Tables | null = null;
  #busy = 0;
  #last = 0;
  #closed = false;

  constructor(ctx: PluginContext, acting: Acting, registrations: Registrations) {
    this.#ctx = ctx;
    this.#acting = acting;
    this.#registrations = registrations;
  }

  /** Gives the tables that transactions are on. */
  use(tables: Tables): void {
    this.#tables = tables;
  }

  /** Answers what the child asks of its store. */
  async answer(op: 'store.open' | 'store.query' | 'store.close', data: unknown): Promise<unknown> {
    if (op === 'store.open') return this.#begin(data as Data<'store.open'>);
    const { session } = data as { session: number };
    const unit = this.#open.get(session);
    if (!unit) throw refused('NOT_FOUND', 404, `There is no open transaction ${session}.`);
    if (op === 'store.query') return query(unit, data as Data<'store.query'>);
    this.#open.delete(session);
    const { commit, told } = data as Data<'store.close'>;
    if (!commit) {
      await unit.rollback();
      return null;
    }
    try {
      for (const one of told) checkTold(this.#registrations, one);
    } catch (error) {
      await unit.rollback();
      throw error;
    }
    await unit.commit(told);
    if (told.length > 0) await this.#relayLater();
    return null;
  }

  /** Lets go out what committed transactions told; what can't go out any more is dropped and logged. */
  async relay(): Promise<void> {
    while (this.#tables && (await this.#relayOne())) {
      // One transaction each: what can't go out keeps nothing else back.
    }
  }

  async #relayOne(): Promise<boolean> {
    const store = this.#ctx.store.system('an isolated plugin’s committed events and jobs go out');
    let id: string | undefined;
    try {
      return await store.transaction(async (unit) => {
        const oldest = 'delete from containr_told where id = (select min(id) from containr_told) returning id, entry';
        const [row] = await run(unit, oldest);
        if (!row) return false;
        id = row.id;
        const told = validate<Told>(Told, row.entry, 'What an isolated plugin told');
        await tell(unit, this.#registrations, told);
        return true;
      });
    } catch (error) {
      const gone = id;
      if (gone === undefined || (isContainrError(error) && error.code === 'DEPENDENCY_DOWN')) throw error;
      this.#ctx.log.warn({ error }, 'An event or job of the isolated plugin can not go out and is dropped');
      await store.transaction((unit) => run(unit, 'delete from containr_told where id = ? returning id, entry', gone));
      return true;
    }
  }

  // What was committed stays committed; it goes out with the next look.
  async #relayLater(): Promise<void> {
    try {
      await this.relay();
    } catch (error) {
      this.#ctx.log.warn({ error }, 'Events and jobs of the isolated plugin go out later');
    }
  }

  /** Undoes every transaction that is open: the child is gone. */
  close(): void {
    this.#closed = true;
    for (const unit of this.#open.values()) void unit.rollback().catch(() => undefined);
    this.#open.clear();
    for (const go of this.#waiting.splice(0)) go();
  }

  async #begin({ as }: Data<'store.open'>): Promise<number> {
    const organisation = 'system' in as ? everything : this.#organisationOf(as);
    await this.#enter();
    let unit: TableUnit;
    try {
      if (!this.#tables || this.#closed) throw refused('STORE_ISOLATED', 501, 'The plugin has no tables.');
      unit = await this.#tables.begin(organisation);
    } catch (error) {
      this.#leave();
      throw error;
    }
    const session = (this.#last += 1);
    this.#open.set(session, unit);
    void unit.ended.then(() => {
      this.#open.delete(session);
      this.#leave();
    });
    if (this.#isClosed()) this.close();
    return session;
  }

  // Asked anew after waiting.
  #isClosed(): boolean {
    return this.#closed;
  }

  #organisationOf(as: Exclude<Data<'store.open'>['as'], { system: string }>): string {
    const { organisation, name } = this.#acting.principalOf(as);
    if (organisation !== null && organisation !== everything) return organisation;
    throw refused('FORBIDDEN', 403, `${name} acts in no organisation, so there is nothing it may see here.`);
  }

  async #enter(): Promise<void> {
    if (this.#waiting.length >= mostWaiting) throw refused('PLUGIN_BUSY', 429, 'Too many transactions wait.');
    this.#busy += 1;
    if (this.#busy > mostAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    this.#busy -= 1;
    this.#waiting.shift()?.();
  }
}

async function run(unit: UnitOfWork, sql: string, ...values: string[]): Promise<{ id: string; entry: unknown }[]> {
  const rows: unknown = await unit.em.getConnection().execute(sql, values, 'all', unit.em.getTransactionContext());
  return rows as { id: string; entry: unknown }[];
}

/** Failures that the plugin's own code may handle, such as a unique violation, go back as they are. */
async function query(unit: TableUnit, { text, values }: Data<'store.query'>): Promise<object> {
  try {
    return await unit.query(text, values);
  } catch (error) {
    if (!(error instanceof Error) || !('severity' in error)) throw error;
    const { code, constraint, column, table } = error as unknown as Record<string, unknown>;
    return { failed: { message: error.message, code, constraint, column, table } };
  }
}

function refused(code: string, status: number, detail: string): ContainrError {
  return new ContainrError({ code, status, detail, hint: 'Keep transactions few and short, inside an organisation.' });
}

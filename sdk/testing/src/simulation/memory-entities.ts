import { isDeepStrictEqual } from 'node:util';
import type { EntitySchema } from '@mikro-orm/core';
import type { MemoryDatabase, Row } from './memory-database.ts';
import { matches, order } from './where.ts';

type Where = Readonly<Record<string, unknown>>;
interface FindOptions {
  readonly orderBy?: Readonly<Record<string, string>>;
  readonly limit?: number;
}
interface Managed {
  readonly table: Map<string, Row>;
  readonly key: string;
  readonly entity: Row;
  /** As the database has it; what differs is written. `null`: not there yet. */
  stored: Row | null;
}

/**
 * The part of an entity manager that plugins use, over a {@link MemoryDatabase}: identity map, changes found by comparison, written
 * on flush and before each read. Changes can be taken back.
 */
export class MemoryEntities {
  readonly #database: MemoryDatabase;
  /** `null` sees all organisations. */
  readonly #organisation: string | null;
  readonly #managed = new Map<Map<string, Row>, Map<string, Managed>>();
  readonly #undo: (() => void)[] = [];

  constructor(database: MemoryDatabase, organisation: string | null) {
    this.#database = database;
    this.#organisation = organisation;
  }

  async find(entity: EntitySchema, where: Where, options: FindOptions = {}): Promise<Row[]> {
    await this.flush();
    const table = this.#database.table(entity);
    const found = [...table].filter(([, row]) => this.#sees(entity, row) && matches(row, where));
    for (const [name, direction] of Object.entries(options.orderBy ?? {}).toReversed()) {
      const sign = direction.toLowerCase() === 'desc' ? -1 : 1;
      found.sort(([, a], [, b]) => sign * (order(a[name], b[name]) || 0));
    }
    return found.slice(0, options.limit ?? found.length).map(([key, row]) => this.#manage(table, key, row));
  }

  async findOne(entity: EntitySchema, where: Where, options: FindOptions = {}): Promise<Row | null> {
    return (await this.find(entity, where, { ...options, limit: 1 }))[0] ?? null;
  }

  async findOneOrFail(entity: EntitySchema, where: Where, options: FindOptions = {}): Promise<Row> {
    const found = await this.findOne(entity, where, options);
    if (!found) throw new Error(`There is no ${entity.meta.className} with ${JSON.stringify(where)}.`);
    return found;
  }

  async count(entity: EntitySchema, where: Where): Promise<number> {
    return (await this.find(entity, where)).length;
  }

  create(entity: EntitySchema, data: Row): Row {
    const { properties, className } = entity.meta;
    const defaults = Object.entries(properties).flatMap(([name, property]): [string, unknown][] => {
      const { default: value } = property as { default?: unknown };
      return value === undefined ? [] : [[name, value]];
    });
    const row: Row = { ...Object.fromEntries(defaults), ...data };
    for (const name of Object.keys(properties))
      if (row[name] === undefined) throw new Error(`A new ${className} has no ${name}.`);
    // Keys are named by their properties: nothing has discovered the entities here.
    const keys = Object.entries(properties).flatMap(([name, property]) =>
      (property as { primary?: boolean }).primary ? [name] : [],
    );
    const key = keyOf(keys, row);
    const table = this.#database.table(entity);
    if (table.has(key)) throw new Error(`There is a ${className} ${key} already.`);
    this.#mapOf(table).set(key, { table, key, entity: row, stored: null });
    return row;
  }

  async flush(): Promise<void> {
    for (const managed of this.#managed.values()) for (const one of managed.values()) this.#write(one);
  }

  async nativeUpdate(entity: EntitySchema, where: Where, data: Row): Promise<number> {
    await this.flush();
    const table = this.#database.table(entity);
    const hit = [...table].filter(([, row]) => this.#sees(entity, row) && matches(row, where));
    for (const [key, row] of hit) this.#put(table, key, { ...row, ...structuredClone(data) });
    return hit.length;
  }

  async nativeDelete(entity: EntitySchema, where: Where): Promise<number> {
    await this.flush();
    const table = this.#database.table(entity);
    const hit = [...table].filter(([, row]) => this.#sees(entity, row) && matches(row, where));
    for (const [key] of hit) this.#put(table, key, null);
    return hit.length;
  }

  /** Transactions run one after another here, so a lock is always free. */
  getConnection(): { execute(sql: string): Promise<readonly Row[]> } {
    return {
      async execute(sql) {
        if (sql.includes('pg_advisory_xact_lock')) return [];
        throw new Error(`The simulated store runs no SQL: ${sql}`);
      },
    };
  }

  getTransactionContext(): undefined {
    return undefined;
  }

  /** Takes back everything that was written. */
  rollBack(): void {
    for (const undo of this.#undo.toReversed()) undo();
  }

  #sees(entity: EntitySchema, row: Row): boolean {
    return (
      this.#organisation === null ||
      !('organisation' in entity.meta.properties) ||
      row['organisation'] === this.#organisation
    );
  }

  #mapOf(table: Map<string, Row>): Map<string, Managed> {
    const found = this.#managed.get(table) ?? new Map<string, Managed>();
    this.#managed.set(table, found);
    return found;
  }

  #manage(table: Map<string, Row>, key: string, row: Row): Row {
    const map = this.#mapOf(table);
    const known = map.get(key);
    if (known) return known.entity;
    const entity = structuredClone(row);
    map.set(key, { table, key, entity, stored: structuredClone(row) });
    return entity;
  }

  #write(one: Managed): void {
    const before = one.stored;
    const changes = Object.fromEntries(
      Object.entries(one.entity).filter(([name, value]) => !before || !isDeepStrictEqual(value, before[name])),
    );
    if (before && Object.keys(changes).length === 0) return;
    this.#put(one.table, one.key, { ...(one.table.get(one.key) ?? {}), ...structuredClone(changes) });
    one.stored = structuredClone(one.entity);
  }

  #put(table: Map<string, Row>, key: string, row: Row | null): void {
    const before = table.get(key);
    this.#undo.push(() => {
      if (before) table.set(key, before);
      else table.delete(key);
    });
    if (row) table.set(key, row);
    else table.delete(key);
  }
}

function keyOf(primaryKeys: readonly string[], row: Row): string {
  return primaryKeys.map((name) => String(row[name])).join('\u0000');
}

import { createHash } from 'node:crypto';
import type { Client, Pool, PoolClient } from 'pg';
import { ContainrError } from '@containr/sdk';

/** The login role of one plugin that is not trusted. */
export interface ConfinedRole {
  readonly name: string;
  /** Connection of that role to the same database. */
  readonly url: string;
}

/**
 * Makes the role that owns a plugin's tables and nothing else. It logs in by itself, so there is no other role that its SQL
 * could go back to. Throws `STORE_ISOLATED` when the application's role may make no roles.
 */
export async function confinedRole(
  client: PoolClient,
  pool: Pool,
  schema: string,
  password: string,
): Promise<ConfinedRole> {
  const name = await roleOf(client, schema);
  const secret = createHash('sha256').update(password).digest('hex');
  await makeRole(client, name, secret);
  await client.query(`grant usage, create on schema ${schema} to ${name}`);
  const url = new URL(pool.options.connectionString ?? '');
  // As parameters: a URL without a host takes no user before it.
  url.searchParams.set('user', name);
  url.searchParams.set('password', secret);
  return { name, url: url.href };
}

/** Drops that role, with whatever it still owns or may. There may be none. */
export async function dropConfinedRole(client: PoolClient, schema: string): Promise<void> {
  const name = await roleOf(client, schema);
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [name]);
  if (rowCount === 0) return;
  await client.query(`drop owned by ${name} cascade`);
  await client.query(`drop role ${name}`);
}

async function roleOf(client: PoolClient, schema: string): Promise<string> {
  const { rows } = await client.query<{ database: string }>('select current_database() as database');
  // Roles are the server's, and it may hold several installs.
  const hash = createHash('sha256').update(`${rows[0]?.database} ${schema}`).digest('hex');
  return `${schema.slice(0, 45)}_${hash.slice(0, 12)}`;
}

async function makeRole(client: PoolClient, name: string, password: string): Promise<void> {
  const { rows } = await client.query<{ there: boolean; mine: boolean; may: boolean }>(
    `select exists(select from pg_roles where rolname = $1) as there,
            exists(select from pg_roles where rolname = $1 and pg_has_role(current_user, oid, 'usage')) as mine,
            exists(select from pg_roles where rolname = current_user and (rolcreaterole or rolsuper)) as may`,
    [name],
  );
  const [found] = rows;
  if (!found?.may) {
    throw new ContainrError({
      code: 'STORE_ISOLATED',
      status: 501,
      detail: 'The database role of this install may make no roles, so an isolated plugin can have no tables.',
      hint: 'Give the role of DATABASE_URL the right CREATEROLE, or trust the plugin.',
    });
  }
  if (!found.there) await client.query(`create role ${name} login noinherit connection limit 20`);
  await client.query(`alter role ${name} password '${password}'`);
  // As a member the application may own, count and drop what the role owns.
  if (!found.mine) await client.query(`grant ${name} to current_user`);
}

/**
 * Begins a transaction of a plugin that is not trusted, in which rows of one organisation exist; `*`: of all. Throws when the
 * connection is anybody's but that role's.
 */
export async function beginConfined(
  client: Client,
  { name }: ConfinedRole,
  schema: string,
  organisation: string,
): Promise<void> {
  await client.query('begin');
  const { rows } = await client.query<{ who: string }>(
    `select session_user as who, set_config('search_path', $1, true), set_config('containr.organisation', $2, true)`,
    [schema, organisation],
  );
  if (rows[0]?.who === name) return;
  throw new ContainrError({
    code: 'STORE_ISOLATED',
    status: 501,
    detail: `The database let ${rows[0]?.who} in instead of the role of the plugin, so nothing is run.`,
    hint: 'Check how the database maps users that connect, or trust the plugin.',
  });
}

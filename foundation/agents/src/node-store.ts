import { createHash, randomBytes } from 'node:crypto';
import type { NodeInfo, NodePlacement } from '@containr/sdk';
import { conflict, ContainrError } from '@containr/sdk';
import type { EnrolRequest, Machine } from '@containr/sdk/wire';
import type { Pool, PoolClient } from 'pg';
import { v7 as newId } from 'uuid';

interface NodeRow {
  readonly id: string;
  readonly name: string;
  readonly public_key: string;
  readonly address: string;
  readonly cpus: number;
  readonly memory_bytes: string;
  readonly labels: Record<string, string>;
  readonly capabilities: string[];
  readonly placement: NodePlacement;
  readonly placement_since: Date | null;
  readonly last_seen_at: Date | null;
  readonly reachable: boolean;
}

/** A node with the key that its agent proves. */
export interface KnownNode extends NodeInfo {
  readonly publicKey: string;
}

const columns = `id, name, public_key, address, cpus, memory_bytes, labels, capabilities, placement, placement_since,
  last_seen_at, coalesce(last_seen_at > now() - interval '15 seconds', false) as reachable`;

function toNode(row: NodeRow): KnownNode {
  return {
    id: row.id,
    name: row.name,
    publicKey: row.public_key,
    state: row.reachable ? 'reachable' : 'unknown',
    placement: row.placement,
    placementSince: row.placement_since,
    capabilities: row.capabilities,
    labels: row.labels,
    address: row.address,
    cpus: row.cpus,
    memoryBytes: Number(row.memory_bytes),
    lastSeenAt: row.last_seen_at,
  };
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Nodes and enrolment tokens in Postgres. */
export class NodeStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async list(): Promise<KnownNode[]> {
    const { rows } = await this.#pool.query<NodeRow>(`select ${columns} from containr.nodes order by name, id`);
    return rows.map(toNode);
  }

  async find(id: string): Promise<KnownNode | null> {
    const { rows } = await this.#pool.query<NodeRow>(`select ${columns} from containr.nodes where id = $1`, [id]);
    return rows[0] ? toNode(rows[0]) : null;
  }

  /** A one-time enrolment token; only its hash is kept. */
  async createToken(validMs: number): Promise<{ token: string; expiresAt: Date }> {
    const token = `ctrn_${randomBytes(32).toString('base64url')}`;
    const expiresAt = new Date(Date.now() + validMs);
    await this.#pool.query('insert into containr.agent_tokens (hash, expires_at) values ($1, $2)', [
      hash(token),
      expiresAt,
    ]);
    await this.#pool.query("delete from containr.agent_tokens where expires_at < now() - interval '7 days'");
    return { token, expiresAt };
  }

  /** Uses up a token; the same key with the same token gets the same node again, so that a lost answer can be asked for twice. */
  async enrol(request: EnrolRequest): Promise<string> {
    const client = await this.#pool.connect();
    try {
      await client.query('begin');
      const node = await enrolWith(client, request);
      await client.query('commit');
      return node;
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  }

  /** Notes that `process` holds the node's connection from now on; gives the process that held it before, if another. */
  async connected(id: string, machine: Machine, process: string): Promise<string | null> {
    const { rows } = await this.#pool.query<{ before: string | null }>(
      `update containr.nodes n set address = $2, cpus = $3, memory_bytes = $4, last_seen_at = now(), process = $5
         from (select process from containr.nodes where id = $1 for update) as held
         where id = $1 returning nullif(held.process, $5) as before`,
      [id, machine.address, machine.cpus, machine.memoryBytes, process],
    );
    return rows[0]?.before ?? null;
  }

  /** Notes that `process` does not hold the node's connection any more. */
  async left(id: string, process: string): Promise<void> {
    await this.#pool.query('update containr.nodes set process = null where id = $1 and process = $2', [id, process]);
  }

  /** Notes that `process` holds no connection any more. */
  async leftAll(process: string): Promise<void> {
    await this.#pool.query('update containr.nodes set process = null where process = $1', [process]);
  }

  /** The living process that holds the node's connection. */
  async holder(id: string): Promise<string | null> {
    const { rows } = await this.#pool.query<{ process: string }>(
      `select process from containr.nodes where id = $1
         and exists (select from pg_stat_activity where application_name = process)`,
      [id],
    );
    return rows[0]?.process ?? null;
  }

  async setCapabilities(id: string, capabilities: readonly string[]): Promise<void> {
    await this.#pool.query('update containr.nodes set capabilities = $2 where id = $1', [
      id,
      JSON.stringify(capabilities),
    ]);
  }

  async seen(ids: readonly string[]): Promise<void> {
    if (ids.length > 0)
      await this.#pool.query('update containr.nodes set last_seen_at = now() where id = any($1::uuid[])', [ids]);
  }

  /** Says whether replicas may come to it. The version before this one reads `draining`. */
  async setPlacement(id: string, placement: NodePlacement): Promise<void> {
    await this.#pool.query(
      `update containr.nodes set placement = $2, draining = $2 = 'draining', placement_since = now()
         where id = $1 and placement <> $2`,
      [id, placement],
    );
  }

  /** Renames it, and merges labels: `null` takes one away. Throws `CONFLICT_NODE_NAME`. */
  async change(id: string, to: { name?: string; labels?: Readonly<Record<string, string | null>> }): Promise<void> {
    const { name, labels = {} } = to;
    const { rowCount } = await this.#pool.query(
      `update containr.nodes set name = coalesce($2, name), labels = jsonb_strip_nulls(labels || $3)
         where id = $1 and not exists (select from containr.nodes where name = $2 and id <> $1)`,
      [id, name ?? null, JSON.stringify(labels)],
    );
    if (rowCount === 0)
      throw conflict('CONFLICT_NODE_NAME', `Another node is called "${name ?? ''}".`, 'Choose another name.');
  }

  /** Forgets it and what it enrolled with. */
  async remove(id: string): Promise<void> {
    await this.#pool.query(
      `with bearers as (delete from containr.agent_bearers where node = $1),
            tokens as (delete from containr.agent_tokens where node = $1)
       delete from containr.nodes where id = $1`,
      [id],
    );
  }
}

async function enrolWith(client: PoolClient, request: EnrolRequest): Promise<string> {
  const { rows } = await client.query<{ public_key: string | null; node: string | null }>(
    `select t.node, n.public_key from containr.agent_tokens t left join containr.nodes n on n.id = t.node
     where t.hash = $1 and t.expires_at > now() for update of t`,
    [hash(request.token)],
  );
  const token = rows[0];
  if (!token || (token.node !== null && token.public_key !== request.publicKey)) {
    throw new ContainrError({
      code: 'ENROL_TOKEN_INVALID',
      status: 401,
      detail: 'The enrolment token is unknown, used or expired.',
      hint: 'Make a new one under Nodes, and start the agent with it.',
    });
  }
  const stored = await client.query<{ id: string }>(
    `insert into containr.nodes (id, name, public_key, address, cpus, memory_bytes, labels)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (public_key) do update set address = excluded.address returning id`,
    [
      newId(),
      await freeName(client, request),
      request.publicKey,
      request.address,
      request.cpus,
      request.memoryBytes,
      JSON.stringify(request.labels ?? {}),
    ],
  );
  const node = stored.rows[0]?.id ?? '';
  await client.query('update containr.agent_tokens set node = $2 where hash = $1', [hash(request.token), node]);
  return node;
}

/** The name that was asked for, or the same with a number when another node has it. */
async function freeName(client: PoolClient, { name, publicKey }: EnrolRequest): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `select case when n = 1 then $1::text else $1 || '-' || n end as name from generate_series(1, 10000) as n
       where not exists (select from containr.nodes
         where name = (case when n = 1 then $1 else $1 || '-' || n end) and public_key <> $2)
       order by n limit 1`,
    [name, publicKey],
  );
  return rows[0]?.name ?? name;
}

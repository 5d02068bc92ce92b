import { createHash, randomBytes } from 'node:crypto';
import type { NodeInfo } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
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
  readonly draining: boolean;
  readonly last_seen_at: Date | null;
  readonly reachable: boolean;
}

/** A node with the key that its agent proves. */
export interface KnownNode extends NodeInfo {
  readonly publicKey: string;
}

const columns = `id, name, public_key, address, cpus, memory_bytes, labels, capabilities, draining, last_seen_at,
  coalesce(last_seen_at > now() - interval '15 seconds', false) as reachable`;

function toNode(row: NodeRow): KnownNode {
  return {
    id: row.id,
    name: row.name,
    publicKey: row.public_key,
    state: row.draining ? 'draining' : row.reachable ? 'reachable' : 'unknown',
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

  async setDraining(id: string, draining: boolean): Promise<void> {
    await this.#pool.query('update containr.nodes set draining = $2 where id = $1', [id, draining]);
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
    `insert into containr.nodes (id, name, public_key, address, cpus, memory_bytes) values ($1, $2, $3, $4, $5, $6)
     on conflict (public_key) do update set name = excluded.name, address = excluded.address returning id`,
    [newId(), request.name, request.publicKey, request.address, request.cpus, request.memoryBytes],
  );
  const node = stored.rows[0]?.id ?? '';
  await client.query('update containr.agent_tokens set node = $2 where hash = $1', [hash(request.token), node]);
  return node;
}

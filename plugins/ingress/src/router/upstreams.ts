import type { Upstream } from '@containr/sdk/contracts';
import { Pool } from 'undici';
import { preference } from './balance.ts';
import type { CompiledRoute, CompiledTable } from './table.ts';

const poolOptions = {
  pipelining: 1,
  connect: { timeout: 3000 },
  // Shorter than what common servers keep idle connections for: a request must not meet a connection that is being closed.
  keepAliveTimeout: 1500,
  keepAliveMaxTimeout: 60_000,
  headersTimeout: 300_000,
  bodyTimeout: 900_000,
  maxHeaderSize: 65_536,
} as const;

/** How long an upstream that refused a connection is asked last. */
const avoidMs = 1000;

interface Member {
  readonly pool: Pool;
  avoidUntil: number;
}

function keyOf(upstream: Upstream): string {
  return `${upstream.replica} ${upstream.address}:${upstream.port}`;
}

/** Address and port as they stand in a URL or Host header. */
export function authorityOf(upstream: Upstream): string {
  return upstream.address.includes(':')
    ? `[${upstream.address}]:${upstream.port}`
    : `${upstream.address}:${upstream.port}`;
}

/** Connections to replicas, and how many requests and tunnels each one carries. */
export class Upstreams {
  readonly #members = new Map<string, Member>();
  readonly #inFlight = new Map<string, number>();

  /** Requests and tunnels still open, by replica; replicas without any are left out. */
  get inFlight(): Record<string, number> {
    return Object.fromEntries(this.#inFlight);
  }

  /** Lets go of replicas that the table no longer names: they finish what they have, then their connections close. */
  follow(table: CompiledTable): void {
    const wanted = new Set(table.document.routes.flatMap((route) => route.upstreams.map(keyOf)));
    for (const [key, member] of this.#members) {
      if (wanted.has(key)) continue;
      this.#members.delete(key);
      void member.pool.close().catch(() => member.pool.destroy());
    }
  }

  /** The next upstream by the route's way that was not tried yet, the ones that just refused last; `undefined`: all were tried. */
  pick(route: CompiledRoute, tried: ReadonlySet<string>, client: string): Upstream | undefined {
    const now = Date.now();
    let spare: Upstream | undefined;
    for (const upstream of preference(route, { client, inFlight: this.#load, random: Math.random })) {
      const key = keyOf(upstream);
      if (tried.has(key)) continue;
      if ((this.#members.get(key)?.avoidUntil ?? 0) <= now) return upstream;
      spare ??= upstream;
    }
    return spare;
  }

  readonly #load = (replica: string): number => this.#inFlight.get(replica) ?? 0;

  /** Remembers that an upstream was asked, and that it did not take a connection if `refused`. */
  tried(upstream: Upstream, tried: Set<string>, refused: boolean): void {
    tried.add(keyOf(upstream));
    const member = this.#members.get(keyOf(upstream));
    if (refused && member) member.avoidUntil = Date.now() + avoidMs;
  }

  /** The connections of an upstream, opened as needed. */
  pool(upstream: Upstream): Pool {
    const key = keyOf(upstream);
    let member = this.#members.get(key);
    if (!member) {
      member = { pool: new Pool(`http://${authorityOf(upstream)}`, poolOptions), avoidUntil: 0 };
      this.#members.set(key, member);
    }
    return member.pool;
  }

  /** Counts one request or tunnel; the returned function ends it, once. */
  enter(upstream: Upstream): () => void {
    const { replica } = upstream;
    this.#inFlight.set(replica, (this.#inFlight.get(replica) ?? 0) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const count = (this.#inFlight.get(replica) ?? 1) - 1;
      if (count > 0) this.#inFlight.set(replica, count);
      else this.#inFlight.delete(replica);
    };
  }

  /** Closes all connections at once. */
  async destroy(): Promise<void> {
    const members = [...this.#members.values()];
    this.#members.clear();
    await Promise.all(members.map((member) => member.pool.destroy()));
  }
}

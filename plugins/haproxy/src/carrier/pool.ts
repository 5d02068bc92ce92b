import type { Balance, Upstream } from '@containr/sdk/contracts';
import { createHash } from 'node:crypto';
import type { Group } from './layout.ts';

/** Backends by way of choosing: they can't be added while HAProxy runs, so there are some in store. */
export type Sizes = Readonly<Record<Balance, number>>;

/** What an ingress starts with: enough for some hundred services, in about 30 MB. */
export const firstSizes: Sizes = { 'round-robin': 512, 'least-connections': 128, 'ip-hash': 128, random: 128 };

const short: Readonly<Record<Balance, string>> = {
  'round-robin': 'turn',
  'least-connections': 'least',
  'ip-hash': 'hash',
  random: 'random',
};

/** Name of a backend in store. */
export function backendName(balance: Balance, at: number): string {
  return `${short[balance]}-${at}`;
}

/** Name of a replica as a server of HAProxy: another address is another server. */
export function serverName(upstream: Upstream): string {
  const place = createHash('sha256').update(`${upstream.address} ${upstream.port}`).digest('hex').slice(0, 8);
  return `${upstream.replica}.${place}`;
}

/** Replica that a server's name is of. */
export function replicaOf(server: string): string {
  return server.slice(0, server.lastIndexOf('.'));
}

/** Address and port as HAProxy takes them. */
export function addressOf({ address, port }: Upstream): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Which group has which backend. One that is given up is used again only when its last request has ended. */
export class Pool {
  readonly #held = new Map<string, string>();
  #sizes: Sizes;

  constructor(sizes: Sizes) {
    this.#sizes = sizes;
  }

  get sizes(): Sizes {
    return this.#sizes;
  }

  /** Backends by key of their group. */
  get held(): ReadonlyMap<string, string> {
    return this.#held;
  }

  /** Takes what an earlier life held. */
  restore(held: Readonly<Record<string, string>>): void {
    for (const [key, backend] of Object.entries(held)) this.#held.set(key, backend);
  }

  /** Backends that are there by now: makes room for what did not fit. */
  grow(groups: readonly Group[], busy: ReadonlySet<string>): void {
    const sizes = { ...this.#sizes };
    for (const balance of Object.keys(sizes) as Balance[]) {
      const needed = groups.filter((group) => group.balance === balance).length + busy.size + 1;
      while (sizes[balance] < needed) sizes[balance] *= 2;
    }
    this.#sizes = sizes;
  }

  /** Gives each group a backend; `false` when there are not enough. `busy` still have requests of somebody else. */
  assign(groups: readonly Group[], busy: ReadonlySet<string>): boolean {
    const wanted = new Set(groups.map((group) => group.key));
    for (const key of this.#held.keys()) if (!wanted.has(key)) this.#held.delete(key);
    const taken = new Set([...this.#held.values(), ...busy]);
    const next: Record<Balance, number> = { 'round-robin': 0, 'least-connections': 0, 'ip-hash': 0, random: 0 };
    for (const { key, balance } of groups) {
      if (this.#held.has(key)) continue;
      while (taken.has(backendName(balance, next[balance]))) next[balance]++;
      if (next[balance] >= this.#sizes[balance]) return false;
      const backend = backendName(balance, next[balance]);
      taken.add(backend);
      this.#held.set(key, backend);
    }
    return true;
  }
}

import { serverWords } from './configuration.ts';
import type { RuntimeApi } from './runtime-api.ts';
import { readServers } from './statistics.ts';

/** Addresses by name of the server, by backend. */
export type Wanted = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** How long servers of a backend that no route leads to any more are kept as they are: a request may be on its way there. */
const graceMs = 5000;

/** The replicas that HAProxy knows: added and drained while it runs, removed when nothing of theirs is open. */
export class Servers {
  /** By `backend/server`: when it may be removed, in ms since 1970; `null`: it serves. */
  readonly #known = new Map<string, number | null>();

  /** Backends that still have something of somebody. */
  get busy(): ReadonlySet<string> {
    const leaving = [...this.#known].filter(([, from]) => from !== null);
    return new Set(leaving.map(([name]) => name.slice(0, name.indexOf('/'))));
  }

  /** Takes it that a process started with these. */
  startedWith(wanted: Wanted): void {
    this.#known.clear();
    for (const [backend, servers] of wanted)
      for (const name of servers.keys()) this.#known.set(`${backend}/${name}`, null);
  }

  /** Learns what a process that runs already has. */
  async learn(api: RuntimeApi): Promise<void> {
    this.#known.clear();
    for (const { backend, server, isLeaving } of await readServers(api))
      this.#known.set(`${backend}/${server}`, isLeaving ? 0 : null);
  }

  /** Lets requests go to all of these. */
  async add(api: RuntimeApi, wanted: Wanted): Promise<void> {
    for (const [backend, servers] of wanted) {
      for (const [name, address] of servers) {
        const server = `${backend}/${name}`;
        const from = this.#known.get(server);
        if (from === null) continue;
        if (from === undefined) {
          await api.must(`add server ${backend}/${serverWords(name, address)}`, undefined, /New server registered/);
          await api.must(`enable server ${server}`);
        } else await api.must(`set server ${server} state ready`);
        this.#known.set(server, null);
      }
    }
  }

  /** Lets no new request go to others than these. Those of a backend without routes are found by none, and stay for a while. */
  async drain(api: RuntimeApi, wanted: Wanted): Promise<void> {
    for (const [server, from] of this.#known) {
      const [backend = '', name = ''] = server.split('/');
      if (from !== null || wanted.get(backend)?.has(name)) continue;
      if (wanted.has(backend)) await api.must(`set server ${server} state drain`);
      this.#known.set(server, wanted.has(backend) ? 0 : Date.now() + graceMs);
    }
  }

  /** Removes those that leave and have nothing open any more. */
  async sweep(api: RuntimeApi): Promise<void> {
    for (const backend of this.busy) {
      for (const { server: name, open } of await readServers(api, backend)) {
        const server = `${backend}/${name}`;
        const from = this.#known.get(server) ?? null;
        if (open > 0 || from === null || from > Date.now()) continue;
        await api.must(`set server ${server} state maint`);
        // Connections without a request are kept for half a second; until then it is refused.
        if (/deleted/i.test(await api.ask(`del server ${server}`))) this.#known.delete(server);
      }
    }
  }
}

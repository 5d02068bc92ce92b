import { serverWords } from './configuration.ts';
import type { RuntimeApi } from './runtime-api.ts';
import { readServers } from './statistics.ts';

/** Addresses by name of the server, by backend. */
export type Wanted = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The replicas that HAProxy knows: added and drained while it runs, removed when nothing of theirs is open. */
export class Servers {
  /** Whether a server leaves, by `backend/server`. */
  readonly #known = new Map<string, boolean>();

  /** Backends that still have something of somebody. */
  get busy(): ReadonlySet<string> {
    return new Set([...this.#known].filter(([, leaving]) => leaving).map(([name]) => name.slice(0, name.indexOf('/'))));
  }

  /** Takes it that a process started with these. */
  startedWith(wanted: Wanted): void {
    this.#known.clear();
    for (const [backend, servers] of wanted)
      for (const name of servers.keys()) this.#known.set(`${backend}/${name}`, false);
  }

  /** Learns what a process that runs already has. */
  async learn(api: RuntimeApi): Promise<void> {
    this.#known.clear();
    for (const { backend, server, isLeaving } of await readServers(api))
      this.#known.set(`${backend}/${server}`, isLeaving);
  }

  /** Lets requests go to all of these. */
  async add(api: RuntimeApi, wanted: Wanted): Promise<void> {
    for (const [backend, servers] of wanted) {
      for (const [name, address] of servers) {
        const server = `${backend}/${name}`;
        const leaving = this.#known.get(server);
        if (leaving === false) continue;
        if (leaving === undefined) {
          await api.must(`add server ${backend}/${serverWords(name, address)}`, undefined, /New server registered/);
          await api.must(`enable server ${server}`);
        } else await api.must(`set server ${server} state ready`);
        this.#known.set(server, false);
      }
    }
  }

  /** Lets no new request go to others than these. */
  async drain(api: RuntimeApi, wanted: Wanted): Promise<void> {
    for (const [server, leaving] of this.#known) {
      const [backend = '', name = ''] = server.split('/');
      if (leaving || wanted.get(backend)?.has(name)) continue;
      await api.must(`set server ${server} state drain`);
      this.#known.set(server, true);
    }
  }

  /** Removes those that leave and have nothing open any more. */
  async sweep(api: RuntimeApi): Promise<void> {
    for (const backend of this.busy) {
      for (const { server: name, open } of await readServers(api, backend)) {
        const server = `${backend}/${name}`;
        if (open > 0 || this.#known.get(server) !== true) continue;
        await api.must(`set server ${server} state maint`);
        // Connections without a request are kept for half a second; until then it is refused.
        if (/deleted/i.test(await api.ask(`del server ${server}`))) this.#known.delete(server);
      }
    }
  }
}

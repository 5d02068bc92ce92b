import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ReplicaState } from '../contracts/runtime-documents.ts';
import type { Runtime } from '../contracts/runtime.ts';
import { ReplicaChanged, ReplicaInventory } from '../contracts/runtime.ts';
import type { AgentContext } from './index.ts';
import { Latest } from './latest.ts';
import { pause } from './pause.ts';
import { ReplicaLog } from './replica-log.ts';

const settleMs = 50;
const inventoryMs = 30_000;
const mostRounds = 5;

/** Watches the replicas of one runtime: tells what changed, sends the whole list now and then, and follows their output. */
export class Replicas {
  readonly #agent: AgentContext;
  readonly #runtime: Runtime;
  readonly #known = new Map<string, string>();
  readonly #logs = new Map<string, ReplicaLog>();
  readonly #changes: Latest<ReplicaState>;
  #scanning: Promise<readonly ReplicaState[] | null> | undefined;
  #again = false;
  #silent = false;
  #tidied = false;
  #inventory = new AbortController();

  constructor(agent: AgentContext, runtime: Runtime) {
    this.#agent = agent;
    this.#runtime = runtime;
    this.#changes = new Latest((state) =>
      agent
        .report(ReplicaChanged, state)
        .catch((error: unknown) => this.#refused(error, 'A change of a replica was refused')),
    );
  }

  /** Watches until the plugin leaves. */
  async watch(): Promise<void> {
    const { signal, log } = this.#agent;
    for (let waitMs = 1000; !signal.aborted; waitMs = Math.min(waitMs * 2, 30_000)) {
      const began = performance.now();
      this.poke();
      try {
        await this.#runtime.watch(() => this.poke(), signal);
      } catch (error) {
        if (!signal.aborted)
          log.warn({ err: error, driver: this.#runtime.driver }, 'Replicas can’t be watched; tried again');
      }
      if (performance.now() - began > 60_000) waitMs = 1000;
      await pause(waitMs, signal);
    }
  }

  /** Sends the whole list again and again until the plugin leaves. */
  async keepInventory(): Promise<void> {
    const { signal } = this.#agent;
    while (!signal.aborted) {
      await pause(inventoryMs, signal);
      if (!signal.aborted) void this.sendInventory();
    }
  }

  /** Sends the whole list as it is now; an older one that still waits is out of date and dropped. */
  async sendInventory(): Promise<void> {
    this.#inventory.abort(new Error('a newer list is there'));
    const own = new AbortController();
    this.#inventory = own;
    const replicas = await this.#scan();
    // Unknown is not empty: without a list nothing is told.
    if (!replicas || own.signal.aborted) return;
    try {
      await this.#agent.report(
        ReplicaInventory,
        { runtime: this.#runtime.driver, replicas: [...replicas] },
        { signal: own.signal },
      );
    } catch (error) {
      if (!own.signal.aborted) this.#refused(error, 'The list of replicas was refused');
    }
  }

  /** Something may have changed: looks soon, once for many. */
  poke(): void {
    void this.#scan();
  }

  #scan(): Promise<readonly ReplicaState[] | null> {
    // Whoever asks while a look is under way needs one that begins later.
    if (this.#scanning) {
      this.#again = true;
      return this.#scanning;
    }
    this.#scanning = this.#look().finally(() => {
      this.#scanning = undefined;
    });
    return this.#scanning;
  }

  async #look(): Promise<readonly ReplicaState[] | null> {
    const { signal } = this.#agent;
    for (let round = 1; ; round += 1) {
      await pause(settleMs, signal);
      if (signal.aborted) return null;
      this.#again = false;
      const replicas = await this.#list();
      if (signal.aborted) return null;
      if (replicas) this.#compare(replicas);
      if (!this.#again) return replicas;
      // Where something changes all the time, who waits is answered all the same.
      if (round < mostRounds) continue;
      setImmediate(() => this.poke());
      return replicas;
    }
  }

  async #list(): Promise<readonly ReplicaState[] | null> {
    try {
      const replicas = await this.#runtime.list();
      this.#silent = false;
      return replicas;
    } catch (error) {
      if (!this.#silent && !this.#agent.signal.aborted)
        this.#agent.log.warn(
          { err: error, driver: this.#runtime.driver },
          'Replicas can’t be listed; what they do is unknown',
        );
      this.#silent = true;
      return null;
    }
  }

  #compare(replicas: readonly ReplicaState[]): void {
    const present = new Set(replicas.map(({ replica }) => replica));
    if (!this.#tidied) this.#tidy(present);
    for (const state of replicas) {
      const text = JSON.stringify(state);
      const before = this.#known.get(state.replica);
      if (before === text) continue;
      this.#known.set(state.replica, text);
      this.#changes.put(state.replica, state);
      const log = this.#logs.get(state.replica);
      if (log) log.follow();
      else this.#logs.set(state.replica, new ReplicaLog(this.#agent, this.#runtime, state));
    }
    const gone = [...this.#known.keys()].filter((replica) => !present.has(replica));
    for (const replica of gone) {
      this.#known.delete(replica);
      this.#logs.get(replica)?.leave();
      this.#logs.delete(replica);
    }
    if (gone.length > 0) setImmediate(() => void this.sendInventory());
  }

  /** Forgets the places of logs whose replicas went while nobody looked. */
  #tidy(present: ReadonlySet<string>): void {
    this.#tidied = true;
    const folder = join(this.#agent.directory, 'logs');
    try {
      for (const file of readdirSync(folder))
        if (!present.has(file.replace(/\.json(\.next)?$/, ''))) rmSync(join(folder, file), { force: true });
    } catch {
      // There is no such folder before the first line.
    }
  }

  #refused(error: unknown, message: string): void {
    if (!this.#agent.signal.aborted) this.#agent.log.error({ err: error, driver: this.#runtime.driver }, message);
  }
}

import type { Agents } from './agents.ts';
import type { Delivered, Event } from './events.ts';
import type { Exec } from './exec.ts';
import type { Hook, HookKind, Tap, TapResult } from './hooks.ts';
import type { EventsOptions, RawOptions, RouteOptions, SocketOptions } from './http.ts';
import type { Job, JobRun } from './jobs.ts';
import type { Live } from './live.ts';
import type { Logger } from './log.ts';
import type { Principal } from './principal.ts';
import type { JSONSchema } from './schema.ts';
import type { Disposer, Owned } from './scope.ts';
import type { Client, Contract, Implementation, Methods, Provider } from './services.ts';
import type { Store } from './store.ts';

/** Everything a plugin may do. Whatever is registered here is owned by the plugin's scope and undone with it. */
export interface PluginContext<S = unknown> {
  readonly plugin: string;
  readonly install: { readonly id: string; readonly version: string };
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly exec: Exec;
  /** Outgoing HTTP. */
  readonly fetch: typeof globalThis.fetch;
  /** Folder of this plugin on the control plane, absolute, 0700. */
  readonly directory: string;
  /** Aborted when the plugin stops. */
  readonly signal: AbortSignal;
  readonly settings: { readonly current: S; onChange(handler: (next: S) => void): Owned };
  readonly http: {
    route<
      const P extends JSONSchema = true,
      const Q extends JSONSchema = true,
      const B extends JSONSchema = true,
      const R extends JSONSchema = true,
    >(
      options: RouteOptions<P, Q, B, R>,
    ): Owned;
    raw(options: RawOptions): Owned;
    events<const Q extends JSONSchema = true>(options: EventsOptions<Q>): Owned;
    socket<const Q extends JSONSchema = true>(options: SocketOptions<Q>): Owned;
    /** Public address of the control plane, without a trailing slash. */
    readonly origin: string;
  };
  readonly hooks: {
    /** Makes a hook of this plugin known. */
    define(hook: Hook): Owned;
    tap<K extends HookKind, P, R>(hook: Hook<K, P, R>, tap: Tap<K, P, R>, options?: { stage?: number }): Owned;
    run<K extends HookKind, P, R>(
      hook: Hook<K, P, R>,
      payload: P,
      options?: { signal?: AbortSignal },
    ): Promise<TapResult<K, P, R>>;
  };
  readonly services: {
    /** Provides a contract; `id` tells providers of the same contract apart. */
    provide<M extends Methods>(
      contract: Contract<M>,
      implementation: Implementation<M>,
      options?: { id?: string },
    ): Owned;
    /** The one provider, bound late; a call while there is none throws `DEPENDENCY_DOWN`. */
    get<M extends Methods>(contract: Contract<M>): Client<M>;
    /** All providers now. */
    providers<M extends Methods>(contract: Contract<M>): readonly Provider<M>[];
  };
  readonly events: {
    define<P>(event: Event<P>): Owned;
    /** At least once, in order of position; a throw is logged and the rest goes on. */
    on<P>(event: Event<P>, handler: (delivered: Delivered<P>) => Promise<void>): Owned;
  };
  readonly jobs: {
    /** `schedule`: cron line in UTC; one minute is the finest. */
    handle<P>(job: Job<P>, handler: (run: JobRun<P>) => Promise<void>, options?: { schedule?: string }): Owned;
  };
  readonly agents: Agents;
  /** What the processes of the control plane share while they live: a cache, rate limits, live messages. */
  readonly live: Live;
  readonly store: Store;
  readonly secrets: {
    /** AES-256-GCM, bound to this plugin and `owner`; opening it for another owner fails. */
    seal(owner: string, text: string): string;
    /** Throws `SECRET_UNREADABLE`: never an empty text instead. */
    open(owner: string, sealed: string): string;
    /**
     * A secret setting by its full name, `plugin.setting`, opened at this moment: ask when it is used, and keep no copy. An
     * isolated plugin reads its own, and those of others that were granted by name (`secrets`). Throws `NOT_FOUND` for one
     * that nobody set, `GRANT_MISSING`, `SECRET_UNREADABLE`.
     */
    read(name: string): Promise<string>;
  };
  /** Acts as this plugin inside an organisation (`null`: none). */
  principal(organisation: string | null): Principal;
  /** Runs `work` every `everyMs` while the plugin is on; never overlapping, errors are logged. */
  repeat(label: string, everyMs: number, work: (signal: AbortSignal) => Promise<void>): Owned;
  /** Owns anything else. */
  own(label: string, undo: Disposer): Owned;
}

/** Time, so that it can be simulated. */
export interface Clock {
  now(): Date;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Randomness, so that it can be repeated. */
export interface Random {
  /** UUIDv7. */
  id(): string;
  bytes(count: number): Uint8Array;
}

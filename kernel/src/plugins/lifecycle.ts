import type { ContainrError, Logger } from '@containr/sdk';
import { conflict, isContainrError, notFound } from '@containr/sdk';
import type { DependencyContainer } from 'tsyringe';
import { toContainrError } from '@containr/http';
import type { Desired, Wanted } from './desired.ts';
import type { PluginPackage } from './package.ts';
import type { Parts } from './parts.ts';
import type { Reserved } from './resolve.ts';
import { requirementsOf, resolve } from './resolve.ts';
import type { Running } from './running.ts';
import { goLive, setUp, tearDown } from './running.ts';

export type PluginState = 'installed' | 'waiting' | 'starting' | 'active' | 'stopping' | 'stopped' | 'failed';

/** One installed plugin and where it is in its life. */
export interface PluginEntry {
  readonly package: PluginPackage;
  /** What is wrong with it whatever one does: it can't be enabled. */
  readonly problem: ContainrError | null;
  state: PluginState;
  desired: boolean;
  /** The change of what is wanted that this process has made its own. */
  generation: number;
  cause: ContainrError | null;
  running: Running | null;
}

/** What a change did, or would do. */
export interface Touched {
  readonly name: string;
  readonly becomes: PluginState;
}

/** Options of {@link Lifecycle}. */
export interface LifecycleOptions {
  readonly parts: Parts;
  readonly container: DependencyContainer;
  readonly packages: readonly PluginPackage[];
  readonly reserved: Reserved;
  readonly desired: Desired;
  readonly log: Logger;
  /** How long requests, taps and calls may finish when a plugin stops. */
  readonly drainMs: number;
  /** Told after each change of a state. */
  changed(entry: PluginEntry): void;
}

/** Starts, stops and replaces plugins, one change at a time. */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #entries: ReadonlyMap<string, PluginEntry>;
  readonly #permissions: ReadonlySet<string>;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: LifecycleOptions) {
    this.#options = options;
    const { order, problems } = resolve(options.packages, options.reserved);
    const packages = new Map(options.packages.map((one) => [one.name, one]));
    const entries = order.flatMap((name): PluginEntry[] => {
      const found = packages.get(name);
      const problem = problems.get(name) ?? null;
      return found
        ? [
            {
              package: found,
              problem,
              state: problem ? 'failed' : 'installed',
              desired: false,
              generation: 0,
              cause: problem,
              running: null,
            },
          ]
        : [];
    });
    this.#entries = new Map(entries.map((entry) => [entry.package.name, entry]));
    this.#permissions = new Set([
      ...options.reserved.permissions,
      ...options.packages.flatMap((one) => Object.keys(one.manifest.permissions)),
    ]);
  }

  /** All plugins, in the order in which they start. */
  get entries(): readonly PluginEntry[] {
    return [...this.#entries.values()];
  }

  /** One plugin. Throws `NOT_FOUND`. */
  entry(name: string): PluginEntry {
    const entry = this.#entries.get(name);
    if (!entry) throw notFound('plugin');
    return entry;
  }

  /** Plugins that are on and need this one, nearest last: the order in which to stop them. */
  dependents(name: string): readonly PluginEntry[] {
    const found = new Set<string>([name]);
    for (const entry of this.entries) if (needs(entry).some((need) => found.has(need))) found.add(entry.package.name);
    return this.entries.filter((entry) => entry.package.name !== name && found.has(entry.package.name)).toReversed();
  }

  /** Whether anything declares the permission. */
  knows(permission: string): boolean {
    return this.#permissions.has(permission);
  }

  /** Starts everything that is to be on, needs first. A plugin that fails does not keep the others. */
  startAll(): Promise<void> {
    return this.#enqueue(async () => {
      const wanted = await this.#wanted();
      for (const entry of this.entries) {
        const { enabled = false, generation = 0 } = wanted.get(entry.package.name) ?? {};
        Object.assign(entry, { desired: enabled, generation });
      }
      for (const entry of this.entries) if (!entry.desired && !entry.problem) this.#become(entry, 'stopped');
      await this.#startReady();
    });
  }

  /**
   * Brings this process to what is wanted now, after other processes changed it; what was changed here is there already.
   * A failure is this process's own: it is logged and shown as the plugin's cause.
   */
  follow(): Promise<void> {
    return this.#enqueue(async () => {
      const wanted = await this.#wanted();
      const changed = this.entries.flatMap((entry) => {
        const want = wanted.get(entry.package.name);
        return want && !entry.problem && want.generation !== entry.generation ? [{ entry, want }] : [];
      });
      for (const { entry, want } of changed.toReversed()) {
        entry.generation = want.generation;
        if (want.enabled) continue;
        entry.desired = false;
        await this.#stopWithDependents(entry);
      }
      for (const { entry } of changed.filter(({ want }) => want.enabled)) {
        entry.desired = true;
        if (entry.state === 'failed') this.#become(entry, 'installed');
        if (!entry.running) continue;
        await this.#swap(entry).catch((error: unknown) => {
          this.#options.log.error({ error, plugin: entry.package.name }, 'A plugin could not be replaced');
          if (entry.running) this.#become(entry, 'active', failureOf(entry.package.name, error));
        });
      }
      await this.#startReady();
    });
  }

  /** Turns a plugin on, and starts what waited for it. Throws when it can't be on, or its set-up fails. */
  enable(name: string, by: string, dryRun = false): Promise<readonly Touched[]> {
    return this.#enqueue(async () => {
      const entry = this.entry(name);
      if (entry.problem) throw entry.problem;
      const missing = needs(entry).filter((need) => this.#entries.get(need)?.state !== 'active');
      if (missing.length > 0) {
        throw conflict(
          'CONFLICT_PLUGIN_NEEDS',
          `${name} needs ${missing.join(', ')}, which ${missing.length > 1 ? 'are' : 'is'} not on.`,
          `Enable ${missing.join(', ')} first.`,
        );
      }
      const waiting = this.dependents(name)
        .filter((other) => other.desired && other.state !== 'active')
        .toReversed();
      const touched = [entry, ...waiting]
        .filter((one) => one.state !== 'active')
        .map((one) => ({ name: one.package.name, becomes: 'active' as const }));
      if (dryRun) return touched;
      if (!entry.desired || !entry.running) entry.generation = await this.#options.desired.set(name, true, by);
      entry.desired = true;
      if (entry.state === 'failed') this.#become(entry, 'installed');
      await this.#startReady();
      if (entry.state === 'failed' && entry.cause) throw entry.cause;
      return touched;
    });
  }

  /** Turns a plugin off; those that need it stop first, and wait until it is on again. */
  disable(name: string, by: string, dryRun = false): Promise<readonly Touched[]> {
    return this.#enqueue(async () => {
      const entry = this.entry(name);
      const first = this.dependents(name).filter((other) => other.state === 'active');
      const touched = [
        ...first.map((other) => ({ name: other.package.name, becomes: 'waiting' as const })),
        { name, becomes: 'stopped' as const },
      ];
      if (dryRun) return touched;
      entry.generation = await this.#options.desired.set(name, false, by);
      entry.desired = false;
      await this.#stopWithDependents(entry);
      return touched;
    });
  }

  /** Builds the plugin anew beside the one that serves, and swaps; when that fails the old one stays, here and elsewhere. */
  replace(name: string, by: string, dryRun = false): Promise<readonly Touched[]> {
    return this.#enqueue(async () => {
      const entry = this.entry(name);
      if (!entry.running)
        throw conflict(
          'CONFLICT_PLUGIN_OFF',
          `${name} is not on, so there is nothing to replace.`,
          'Enable it instead.',
        );
      if (!dryRun) {
        await this.#swap(entry);
        const generation = await this.#options.desired.replaced(name, by);
        // A further step is another process's change, which is still to be followed.
        if (generation === entry.generation + 1) entry.generation = generation;
      }
      return [{ name, becomes: 'active' }];
    });
  }

  /** Stops everything, in reverse; nothing about what is to be on changes. */
  stopAll(): Promise<void> {
    return this.#enqueue(async () => {
      for (const entry of this.entries.toReversed()) if (entry.running) await this.#stop(entry, 'stopped');
    });
  }

  #wanted(): Promise<ReadonlyMap<string, Wanted>> {
    const names = this.entries.filter((entry) => !entry.problem).map((entry) => entry.package.name);
    return this.#options.desired.load(names);
  }

  async #swap(entry: PluginEntry): Promise<void> {
    const { running } = entry;
    if (!running) return;
    const { parts, container, drainMs } = this.#options;
    const next = await setUp(container, parts, entry.package, (permission) => this.knows(permission));
    try {
      await goLive(parts, next, running);
    } catch (error) {
      // Half of the old one is out already, so neither can serve.
      entry.running = null;
      await Promise.all([next, running].map((one) => tearDown(parts, one, 0)));
      const failure = failureOf(entry.package.name, error);
      this.#become(entry, 'failed', failure);
      throw failure;
    }
    entry.running = next;
    this.#become(entry, 'active');
    await tearDown(parts, running, drainMs);
  }

  async #stopWithDependents(entry: PluginEntry): Promise<void> {
    for (const other of this.dependents(entry.package.name))
      if (other.state === 'active') await this.#stop(other, 'waiting');
    if (!entry.problem) await this.#stop(entry, 'stopped');
  }

  async #startReady(): Promise<void> {
    for (const entry of this.entries) {
      if (!entry.desired || entry.problem || entry.running || entry.state === 'failed') continue;
      const missing = needs(entry).filter((need) => this.#entries.get(need)?.state !== 'active');
      if (missing.length === 0) await this.#start(entry);
      else
        this.#become(
          entry,
          'waiting',
          conflict('CONFLICT_PLUGIN_NEEDS', `It waits for ${missing.join(', ')}.`, `Enable ${missing.join(', ')}.`),
        );
    }
  }

  async #start(entry: PluginEntry): Promise<void> {
    const { parts, container, log } = this.#options;
    const { name } = entry.package;
    this.#become(entry, 'starting');
    const began = performance.now();
    try {
      const running = await setUp(container, parts, entry.package, (permission) => this.knows(permission));
      try {
        await goLive(parts, running);
      } catch (error) {
        await tearDown(parts, running, 0);
        throw error;
      }
      entry.running = running;
      log.info({ plugin: name, ms: Math.round(performance.now() - began) }, 'A plugin is on');
      this.#become(entry, 'active');
    } catch (error) {
      log.error({ error, plugin: name }, 'A plugin could not start');
      this.#become(entry, 'failed', failureOf(name, error));
    }
  }

  async #stop(entry: PluginEntry, state: 'stopped' | 'waiting'): Promise<void> {
    const { running } = entry;
    if (running) {
      this.#become(entry, 'stopping');
      await tearDown(this.#options.parts, running, this.#options.drainMs);
      entry.running = null;
    }
    this.#become(entry, state);
  }

  #become(entry: PluginEntry, state: PluginState, cause: ContainrError | null = null): void {
    const before = entry.state;
    entry.state = state;
    entry.cause = cause;
    if (before !== state || state === 'active') this.#options.changed(entry);
  }

  /** One change at a time, with a turn of the event loop between, so that toggles never starve requests. */
  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(() => new Promise((resolve) => setImmediate(resolve))).then(work);
    this.#queue = run.catch(() => undefined);
    return run;
  }
}

function needs(entry: PluginEntry): readonly string[] {
  return requirementsOf(entry.package)
    .filter((need) => !need.optional)
    .map((need) => need.plugin);
}

function failureOf(name: string, error: unknown): ContainrError {
  if (isContainrError(error)) return error;
  const cause = toContainrError(error);
  return conflict(
    'CONFLICT_PLUGIN_FAILED',
    `The set-up of ${name} failed: ${error instanceof Error ? error.message : cause.message}`,
    `Look at the log of ${name}, then enable it again.`,
  );
}

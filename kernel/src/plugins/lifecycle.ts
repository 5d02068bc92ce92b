import { restartOf, settled } from '@containr/isolation';
import type { ContainrError, Logger } from '@containr/sdk';
import { notFound } from '@containr/sdk';
import type { DependencyContainer } from 'tsyringe';
import type { Desired, Wanted } from './desired.ts';
import type { PluginPackage, Reserved } from '@containr/packages';
import { resolve } from '@containr/packages';
import type { Parts } from './parts.ts';
import type { PackageChange, PluginEntry, PluginState, Touched } from './plugin-entry.ts';
import { errors } from '../errors.ts';
import { failureOf, needs, refuseRemoval } from './plugin-entry.ts';
import { goLive, isCurrent, setUp, tearDown } from './running.ts';

/** Options of {@link Lifecycle}. */
export interface LifecycleOptions {
  readonly parts: Parts;
  readonly container: DependencyContainer;
  /** Plugins that came with the install. */
  readonly packages: readonly PluginPackage[];
  /** The chosen versions of those that were installed. */
  readonly installed: () => Promise<readonly PluginPackage[]>;
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
  #entries: ReadonlyMap<string, PluginEntry> = new Map();
  #permissions: ReadonlySet<string> = new Set();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: LifecycleOptions) {
    this.#options = options;
    this.#arrange(options.packages);
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
  dependents(name: string, seen = new Set([name])): readonly PluginEntry[] {
    return this.entries.toReversed().flatMap((entry) => {
      if (seen.has(entry.package.name) || !needs(entry).includes(name)) return [];
      seen.add(entry.package.name);
      return [...this.dependents(entry.package.name, seen), entry];
    });
  }

  /** Whether anything declares the permission. */
  knows(permission: string): boolean {
    return this.#permissions.has(permission);
  }

  /** Starts everything that is to be on, needs first. A plugin that fails does not keep the others. */
  startAll(): Promise<void> {
    return this.#enqueue(async () => {
      this.#arrange([...this.#options.packages, ...(await this.#options.installed())]);
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
   * A failure is this process's own: it is logged and shown as the plugin's cause. `thorough`: anything may have been missed.
   */
  follow(thorough = true): Promise<void> {
    return this.#enqueue(async () => {
      const packages = [...this.#options.packages, ...(await this.#options.installed())];
      for (const entry of this.entries)
        if (!packages.some((one) => one.name === entry.package.name)) await this.#stopWithDependents(entry);
      this.#arrange(packages);
      const wanted = await this.#wanted();
      const changed: { entry: PluginEntry; want: Wanted }[] = [];
      for (const entry of this.entries) {
        const { running, problem, package: its } = entry;
        const want = wanted.get(its.name);
        if (!want || problem) continue;
        if (thorough) await running?.settings.refresh();
        if (want.generation !== entry.generation || (running && !isCurrent(running, its)))
          changed.push({ entry, want });
      }
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
      const missing = this.#missing(entry);
      if (missing) throw missing;
      const off = this.dependents(name).filter((other) => other.desired && other.state !== 'active');
      const waiting = off.toReversed();
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
      if (!entry.running) throw errors.CONFLICT_PLUGIN_OFF(name);
      if (!dryRun) {
        await this.#swap(entry);
        const generation = await this.#options.desired.replaced(name, by);
        // A further step is another process's change, which is still to be followed.
        if (generation === entry.generation + 1) entry.generation = generation;
      }
      return [{ name, becomes: 'active' }];
    });
  }

  /** The process of a plugin ended by itself: it is set up anew at once, or stays off and says why. `signal`: which of its set-ups. */
  ended(name: string, cause: ContainrError, again: boolean, signal: AbortSignal): Promise<void> {
    return this.#enqueue(async () => {
      const entry = this.entry(name);
      try {
        // One that was replaced meanwhile is none of the one that serves.
        if (entry.running?.scope.signal !== signal) return;
        entry.cause = cause;
        await (again ? this.#swap(entry) : Promise.reject(cause));
      } catch (error) {
        await this.#stopWithDependents(entry);
        this.#become(entry, 'failed', failureOf(name, error));
      }
    });
  }

  /**
   * Changes what is installed: another version or trust of a plugin, a new one, or one less. The new set is resolved before
   * anything changes; what serves is replaced as by {@link replace}. Throws the problem that the new set would have.
   */
  change({ name, next, by, keep }: PackageChange, dryRun = false): Promise<readonly Touched[]> {
    return this.#enqueue(async () => {
      const entry = this.#entries.get(name);
      const packages = this.entries.map((one) => one.package).filter((one) => one.name !== name);
      if (next) packages.push(next);
      else if (entry) refuseRemoval(entry, this.entries);
      const { problems } = resolve(packages, this.#options.reserved);
      for (const [plugin, problem] of problems) if (!this.#entries.get(plugin)?.problem) throw problem;
      const { running = null } = entry ?? {};
      const touched = running ? [{ name, becomes: 'active' as const }] : [];
      if (dryRun) return touched;
      if (entry && running && next) await this.#swap(entry, next, keep);
      else await keep();
      this.#arrange(packages);
      if (!next) return (await this.#options.desired.forget(name), touched);
      const generation = await this.#options.desired.set(name, entry?.desired ?? false, by);
      const own = this.entry(name);
      if (generation === own.generation + 1) own.generation = generation;
      if (own.desired && own.state === 'failed' && !own.problem) this.#become(own, 'installed');
      await this.#startReady();
      if (own.state === 'failed' && own.cause) throw own.cause;
      return touched;
    });
  }

  /** Tells that something about a plugin changed beside its state: the versions that are installed. */
  tell(name: string): void {
    this.#options.changed(this.entry(name));
  }

  /** Stops everything, in reverse; nothing about what is to be on changes. */
  stopAll(): Promise<void> {
    return this.#enqueue(async () => {
      for (const entry of this.entries.toReversed()) if (entry.running) await this.#stop(entry, 'stopped');
    });
  }

  #wanted(): Promise<ReadonlyMap<string, Wanted>> {
    // What was installed is off until somebody enables it.
    const names = this.#options.packages
      .filter(({ name }) => !this.#entries.get(name)?.problem)
      .map(({ name }) => name);
    return this.#options.desired.load(names);
  }

  async #swap(entry: PluginEntry, to = entry.package, keep?: () => Promise<void>): Promise<void> {
    const { running } = entry;
    if (!running) return;
    const missing = this.#missing({ ...entry, package: to, running: null });
    if (missing) throw missing;
    const { parts, container, drainMs, log } = this.#options;
    const knows = (permission: string): boolean => this.knows(permission) || permission in to.manifest.permissions;
    const next = await setUp(container, parts, to, knows).catch((error: unknown) => {
      log.warn({ error, plugin: to.name, version: to.version }, 'A plugin could not be replaced; the old one stays');
      throw failureOf(to.name, error);
    });
    try {
      goLive(parts, next, running);
    } catch (error) {
      await tearDown(parts, next, 0);
      throw failureOf(to.name, error);
    }
    const was = { running, package: entry.package };
    Object.assign(entry, { running: next, package: to });
    try {
      await keep?.();
    } catch (error) {
      goLive(parts, running, next);
      Object.assign(entry, was);
      await tearDown(parts, next, drainMs);
      throw error;
    }
    this.#become(entry, 'active', restartOf(entry.cause));
    await tearDown(parts, running, drainMs);
  }

  /** Takes a set of packages; what is in both sets keeps its state. */
  #arrange(packages: readonly PluginPackage[]): void {
    const { order, problems } = resolve(packages, this.#options.reserved);
    const byName = new Map(packages.map((one) => [one.name, one]));
    const entries = order.flatMap((name): PluginEntry[] => {
      const found = byName.get(name);
      if (!found) return [];
      const problem = problems.get(name) ?? null;
      const older = this.#entries.get(name);
      const fits = problem ? ('failed' as const) : ('installed' as const);
      const entry = older ?? { desired: false, generation: 0, state: fits, cause: problem, running: null };
      if (older && !older.running && older.problem !== problem) Object.assign(older, { state: fits, cause: problem });
      return [Object.assign(entry, { package: found, problem })];
    });
    this.#entries = new Map(entries.map((entry) => [entry.package.name, entry]));
    const declared = packages.flatMap((one) => Object.keys(one.manifest.permissions));
    this.#permissions = new Set([...this.#options.reserved.permissions, ...declared]);
  }

  async #stopWithDependents(entry: PluginEntry): Promise<void> {
    for (const other of this.dependents(entry.package.name))
      if (other.state === 'active') await this.#stop(other, 'waiting');
    if (!entry.problem) await this.#stop(entry, 'stopped');
  }

  async #startReady(): Promise<void> {
    for (const entry of this.entries) {
      if (!entry.desired || entry.problem || entry.running || entry.state === 'failed') continue;
      const missing = this.#missing(entry);
      if (missing) this.#become(entry, 'waiting', missing);
      else await this.#start(entry);
    }
  }

  /** Why it can't be on: what it needs is not. */
  #missing(entry: PluginEntry): ContainrError | null {
    const missing = needs(entry).filter((need) => this.#entries.get(need)?.state !== 'active');
    return missing.length === 0 ? null : errors.CONFLICT_PLUGIN_NEEDS(entry.package.name, missing);
  }

  async #start(entry: PluginEntry): Promise<void> {
    const { parts, container, log } = this.#options;
    const { name } = entry.package;
    this.#become(entry, 'starting');
    const began = performance.now();
    try {
      const running = await setUp(container, parts, entry.package, (permission) => this.knows(permission));
      try {
        goLive(parts, running);
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
    entry.cause = settled(cause, state);
    if (before !== state || state === 'active') this.#options.changed(entry);
  }

  /** One change at a time, with a turn of the event loop between, so that toggles never starve requests. */
  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(() => new Promise((resolve) => setImmediate(resolve))).then(work);
    this.#queue = run.catch(() => undefined);
    return run;
  }
}

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Infer, Logger } from '@containr/sdk';
import { ContainrError, defineSchema, Scope } from '@containr/sdk';
import type { AgentContext, AgentPlugin } from '@containr/sdk/agent';
import { Half } from '@containr/sdk/wire';
import type { HalfStatus } from '@containr/sdk/wire';
import type { ApartHalves } from './apart/apart-halves.ts';
import { failureOf, statusOf } from './half-status.ts';
import type { HalfStore } from './half-store.ts';
import { readJson, writeJson } from './json-file.ts';

/** What could not be loaded, and why. */
export interface HalfFailure {
  readonly plugin: string;
  readonly detail: string;
}

/** What a loader works with. */
export interface HalvesOptions {
  readonly data: string;
  readonly store: HalfStore;
  readonly log: Logger;
  context(half: Half, scope: Scope): AgentContext;
  /** Runs those that nobody trusts. */
  readonly apart: ApartHalves;
}

const setupMs = 30_000;
const StoredHalves = defineSchema({
  type: 'object',
  properties: { halves: { type: 'array', items: Half } },
  required: ['halves'],
  additionalProperties: false,
});

/** Runs the agent halves of plugins, each in a scope of its own. */
export class Halves {
  readonly #options: HalvesOptions;
  readonly #file: string;
  readonly #running = new Map<string, { key: string; version: string; scope: Scope }>();
  #failed: readonly HalfStatus[] = [];
  readonly #stop = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: HalvesOptions) {
    this.#options = options;
    this.#file = join(options.data, 'halves.json');
  }

  /** Runs exactly these from now on; one change after another. Gives what failed, which is tried again at the next call. */
  set(halves: readonly Half[]): Promise<HalfFailure[]> {
    const next = this.#last.then(() => this.#apply(halves));
    this.#last = next.catch(() => undefined);
    return next;
  }

  /** Runs what ran last, from disk, so that a node works while the control plane is away. */
  async restore(): Promise<void> {
    const stored = readJson<Infer<typeof StoredHalves>>(this.#file, StoredHalves);
    if (stored) await this.set(stored.halves);
  }

  /** How each does now. */
  get statuses(): HalfStatus[] {
    const running = [...this.#running].map(([plugin, { version }]) =>
      statusOf({ plugin, version }, 'running', null, null),
    );
    return [...running, ...this.#failed, ...this.#options.apart.statuses];
  }

  /** Ends all of them. */
  async dispose(): Promise<void> {
    this.#stop.abort();
    await this.#last;
    await this.#options.apart.dispose();
    for (const plugin of [...this.#running.keys()]) await this.#end(plugin);
  }

  async #apply(given: readonly Half[]): Promise<HalfFailure[]> {
    const apart = given.filter((half) => half.apart !== undefined);
    const halves = given.filter((half) => half.apart === undefined);
    const wanted = new Map(halves.map((half) => [half.plugin, keyOf(half)]));
    await this.#options.apart.keep(apart);
    for (const plugin of [...this.#running.keys()]) if (!wanted.has(plugin)) await this.#end(plugin);
    const failures: HalfFailure[] = [];
    const failed: HalfStatus[] = [];
    for (const half of halves) {
      try {
        await this.#run(half);
      } catch (error) {
        this.#options.log.error({ err: error, plugin: half.plugin }, 'The agent half of a plugin can’t be loaded');
        failures.push({ plugin: half.plugin, detail: error instanceof Error ? error.message : String(error) });
        failed.push(statusOf(half, 'failed', failureOf(error), null));
      }
    }
    this.#failed = failed;
    // Nobody waits for these: what each comes to is told by its status.
    this.#options.apart.start(apart);
    writeJson(this.#file, { halves: given });
    return failures;
  }

  async #run(half: Half): Promise<void> {
    const { plugin } = half;
    if (this.#running.get(plugin)?.key === keyOf(half)) return;
    const { store, log } = this.#options;
    // Everything is on disk before the old one ends: a download that fails changes nothing.
    const path = await store.ensure(half.sha256, this.#stop.signal);
    for (const sha256 of Object.values(half.programs)) await store.ensure(sha256, this.#stop.signal);
    const loaded = agentPlugin(await import(pathToFileURL(path).href), plugin);
    await this.#end(plugin);
    const scope = new Scope(plugin);
    try {
      await withDeadline(Promise.resolve(loaded.setup(this.#options.context(half, scope))), plugin);
    } catch (error) {
      await scope.dispose();
      throw error;
    }
    this.#running.set(plugin, { key: keyOf(half), version: half.version, scope });
    log.info({ plugin, version: half.version }, 'Loaded the agent half of a plugin');
  }

  async #end(plugin: string): Promise<void> {
    const running = this.#running.get(plugin);
    if (!running) return;
    this.#running.delete(plugin);
    for (const failure of await running.scope.dispose())
      this.#options.log.error({ ...failure, plugin }, 'The agent half of a plugin left something behind');
  }
}

function keyOf(half: Half): string {
  return JSON.stringify([half.sha256, half.version, Object.entries(half.programs).sort()]);
}

function agentPlugin(module: unknown, plugin: string): AgentPlugin {
  const found = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  if (isAgentPlugin(found)) return found;
  throw new ContainrError({
    code: 'AGENT_HALF_INVALID',
    status: 500,
    detail: `The agent half of ${plugin} has no default export with a setup.`,
    hint: 'Export defineAgentPlugin({ setup }) as default.',
  });
}

function isAgentPlugin(value: unknown): value is AgentPlugin {
  return typeof value === 'object' && value !== null && 'setup' in value && typeof value.setup === 'function';
}

async function withDeadline(work: Promise<void>, plugin: string): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(
      new ContainrError({
        code: 'AGENT_HALF_SLOW',
        status: 504,
        detail: `The setup of ${plugin} took more than ${setupMs} ms.`,
        hint: 'Do not wait for reports in setup; use onConnect.',
      }),
    );
  }, setupMs);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

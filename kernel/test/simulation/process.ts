import 'reflect-metadata';
import { conflict } from '@containr/sdk';
import { PluginEnded } from '@containr/isolation';
import type { Logger, PluginContext } from '@containr/sdk';
import { Gateway } from '@containr/http';
import type { PluginSettings } from '@containr/data';
import type { PluginPackage } from '@containr/packages';
import type { World } from '@containr/testing/simulation';
import { inLife } from '@containr/testing/simulation';
import { container } from 'tsyringe';
import { HookRegistry } from '../../src/hooks/index.ts';
import type { Desired } from '../../src/plugins/desired.ts';
import { Lifecycle } from '../../src/plugins/lifecycle.ts';
import type { Parts } from '../../src/plugins/parts.ts';
import { partsToken } from '../../src/plugins/parts.ts';
import type { PluginEntry } from '../../src/plugins/plugin-entry.ts';
import { registerPluginSettings } from '../../src/plugins/settings-routes.ts';
import { ServiceRegistry } from '../../src/services/index.ts';
import type { Luck, PluginVersion } from './behaviour.ts';
import { strikes } from './behaviour.ts';
import { Effects } from './effects.ts';
import { packageOf } from './plugin-package.ts';
import type { SharedRows } from './shared-rows.ts';

const drainMs = 10_000;
/** How often a process looks whether it missed a change; as `openNotices` does. */
const lookMs = 30_000;

/** What every process finds in the world. */
export interface Surroundings {
  readonly world: World;
  readonly rows: SharedRows;
  readonly luck: Luck;
  /** All versions of every plugin, oldest first; the first two plugins came with the install. */
  readonly plugins: readonly (readonly PluginVersion[])[];
  /** A folder that exists. */
  readonly folder: string;
}

type Patch = (request: {
  params: { plugin: string };
  body: unknown;
  principal: { name: string };
  headers: {};
}) => Promise<unknown>;

/** One life of a control-plane process: the kernel's own lifecycle, registries and gateway, on simulated surroundings. */
export class SimulatedProcess {
  readonly name: string;
  readonly lifecycle: Lifecycle;
  readonly gateway: Gateway;
  readonly services = new ServiceRegistry();
  readonly hooks = new HookRegistry();
  readonly jobs = new Map<string, number>();
  readonly effects = new Effects();
  /** Stores that are open now, by plugin. */
  readonly stores = new Map<string, number>();
  alive = true;
  /** Whether it hears what others notify. */
  listening = true;
  /** Everything is started. */
  ready = false;
  readonly #around: Surroundings;
  readonly #packages = new Map<string, PluginPackage>();
  #patch: Patch | undefined;

  constructor(name: string, around: Surroundings) {
    this.name = name;
    this.#around = around;
    const log = this.#log();
    this.gateway = new Gateway({ log, explain: () => null, page: async () => undefined, upgrades: new Map() });
    const parts = this.#parts(log);
    const own = container.createChildContainer();
    own.register(partsToken, { useValue: parts });
    this.lifecycle = new Lifecycle({
      parts,
      container: own,
      packages: around.plugins.slice(0, 2).flatMap(([first]) => (first ? [this.#package(first)] : [])),
      installed: () => around.rows.run(this, 'reads what is chosen', () => this.#chosen()),
      reserved: { segments: [], roots: [], permissions: [] },
      desired: this.#desired(),
      log,
      drainMs,
      changed: (entry) => this.#changed(entry),
    });
    registerPluginSettings(this.#routes(), this.lifecycle, parts.settings, null as never);
  }

  /** Starts what is wanted, tried again until the database is there; then follows what others change. */
  start(): void {
    const { world } = this.#around;
    inLife(this, () => {
      const begin = async (): Promise<void> => {
        try {
          await this.lifecycle.startAll();
          this.ready = true;
        } catch (error) {
          world.tell(`${this.name} could not start: ${String(error)}`);
          world.after(1000, `${this.name} starts again`, () => (this.alive ? inLife(this, begin) : undefined));
        }
      };
      void begin();
      setInterval(() => this.hear(true), lookMs);
    });
  }

  /** Something changed; `missed`: or anything may have. */
  hear(missed = false): void {
    if (!this.alive || !this.ready) return;
    inLife(this, () => {
      this.lifecycle
        .follow(missed)
        .catch((error: unknown) => this.#around.world.tell(`${this.name} can't follow: ${String(error)}`));
    });
  }

  /** Ends as by kill -9: whatever it waits for never comes. */
  kill(): void {
    this.alive = false;
  }

  /** An admin turns a plugin on or off, or has it set up anew. */
  verb(verb: 'enable' | 'disable' | 'replace', plugin: string): Promise<unknown> {
    return inLife(this, () => this.lifecycle[verb](plugin, 'admin'));
  }

  /** An admin chooses another version of an installed plugin. */
  choose(one: PluginVersion): Promise<unknown> {
    const { rows, world, luck } = this.#around;
    const keep = async (): Promise<void> => {
      if (strikes(world, luck, 0.1)) throw new Error('The database refuses.');
      await rows.run(this, 'chooses', () => void rows.chosen.set(one.plugin, one.version));
    };
    return inLife(this, () => this.lifecycle.change({ name: one.plugin, next: this.#package(one), by: 'admin', keep }));
  }

  /** An admin changes a setting. */
  configure(plugin: string, word: number): Promise<unknown> {
    const request = { params: { plugin }, body: { word }, principal: { name: 'admin' }, headers: {} };
    return inLife(this, async () => this.#patch?.(request));
  }

  /** One of the set-ups of a plugin that go on, perhaps one that is about to leave, ended by itself. */
  async crash(plugin: string, again: boolean): Promise<void> {
    const serving = this.lifecycle.entry(plugin).running?.scope.signal;
    const made = this.effects.instances.filter((one) => one.plugin === plugin);
    const live = made
      .slice(0, made.findIndex((one) => one.signal === serving) + 1)
      .filter((one) => !one.signal.aborted);
    if (live.length === 0) return;
    const { signal } = this.#around.world.pick(live);
    const left = signal !== serving;
    const cause = new PluginEnded({ code: 'PLUGIN_CRASHED', status: 503, detail: `${plugin} crashed.` });
    await inLife(this, () => this.lifecycle.ended(plugin, cause, again, signal));
    const { cause: told, running } = this.lifecycle.entry(plugin);
    if (left && told === cause && running?.scope.signal !== signal)
      throw new Error(`${plugin} in ${this.name} is blamed for the end of one that had left.`);
  }

  /** A plugin does something by itself. */
  acts(plugin: string, signal: AbortSignal): void {
    const { running } = this.lifecycle.entry(plugin);
    if (running?.scope.signal !== signal)
      this.#around.world.fail(new Error(`${plugin} acts in ${this.name}, and it is not the one that serves.`));
  }

  #chosen(): readonly PluginPackage[] {
    const { rows, plugins } = this.#around;
    return plugins
      .flat()
      .filter(({ plugin, version }) => rows.chosen.get(plugin) === version)
      .map((one) => this.#package(one));
  }

  #package(one: PluginVersion): PluginPackage {
    const { world, luck } = this.#around;
    const key = `${one.plugin} ${one.version}`;
    const found = this.#packages.get(key) ?? packageOf(world, luck, this, one);
    this.#packages.set(key, found);
    return found;
  }

  #changed(entry: PluginEntry): void {
    const { world } = this.#around;
    world.tell(`${this.name}: ${entry.package.name} ${entry.state} ${entry.cause?.message ?? ''}`);
  }

  #desired(): Desired {
    const { rows } = this.#around;
    return {
      load: (names) =>
        rows.run(this, 'reads what is wanted', () => {
          for (const name of names) if (!rows.wanted.has(name)) rows.want(name, true);
          return new Map(rows.wanted);
        }),
      set: (name, enabled) => rows.run(this, 'sets what is wanted', () => rows.want(name, enabled), true),
      replaced: (name) => rows.run(this, 'tells of a replacement', () => rows.want(name, null), true),
      forget: (name) => rows.run(this, 'forgets', () => void rows.wanted.delete(name), true),
    };
  }

  #parts(log: Logger): Parts {
    const { world, rows, luck, folder } = this.#around;
    const count = (plugin: string, by: number): void =>
      void this.stores.set(plugin, (this.stores.get(plugin) ?? 0) + by);
    const parts = {
      install: { id: 'world', version: '1.0.0' },
      log,
      logFor: () => log,
      directoryOf: () => folder,
      origin: () => 'http://world',
      clock: {
        now: () => new Date(world.now),
        sleep: (ms: number, signal?: AbortSignal) =>
          new Promise<void>((resolve, reject) => {
            signal?.addEventListener('abort', () => reject(new Error('It was woken.')), { once: true });
            void world.sleep(this, ms, 'clock').then(resolve);
          }),
      },
      random: { id: () => String(world.chance()), bytes: () => Buffer.alloc(8) },
      gateway: this.gateway,
      hooks: this.hooks,
      services: this.services,
      authenticate: async () => Promise.reject(new Error('Nobody asks.')),
      mount: {},
      jobs: {
        handle: (plugin: string, job: { name: string }) => {
          const task = `${plugin}:${job.name}`;
          if (this.jobs.get(task)) throw conflict('CONFLICT_JOB', `${task} has a handler already.`, 'Handle it once.');
          this.jobs.set(task, 1);
          return async () => {
            this.jobs.delete(task);
            await world.turn(this, 'drains a job', 3000);
            if (strikes(world, luck, 0.03)) await world.sleep(this, 3_600_000, 'a job does not end');
          };
        },
      },
      openStore: async (plugin: string) => {
        await rows.run(this, `opens the store of ${plugin}`, () => undefined);
        if (strikes(world, luck, 0.05)) throw new Error('Too many connections.');
        count(plugin, 1);
        return { store: null, entities: 0, units: 0, close: async () => count(plugin, -1) };
      },
      settings: { open: (plugin: string) => this.#settings(plugin), refresh: async () => undefined },
      agentsFor: () => ({}),
      liveFor: () => ({}),
    };
    // What the plugins of this world do not use is not there, and would fail loudly.
    return parts as unknown as Parts;
  }

  async #settings(plugin: string): Promise<PluginSettings<unknown>> {
    const { rows } = this.#around;
    const read = (): Promise<number> => rows.run(this, 'reads settings', () => rows.settings.get(plugin) ?? 0);
    let version = await read();
    let before = version;
    const write = (word: number): Promise<number> =>
      rows.run(this, 'writes settings', () => (rows.settings.set(plugin, word), word), true);
    const opened = {
      get current() {
        return { word: version };
      },
      get version() {
        return version;
      },
      onChange: () => () => undefined,
      view: () => ({ schema: {}, value: { word: version }, secretsSet: [], overridden: [], version }),
      change: async (body: { word: number }) => {
        before = version;
        version = await write(body.word);
        return opened.view();
      },
      // What was changed by somebody else meanwhile stays as that one wanted it.
      restore: async () => {
        if ((await read()) === version) version = await write(before);
        return opened.view();
      },
      refresh: async () => {
        version = await read();
      },
    };
    return opened as unknown as PluginSettings<unknown>;
  }

  #routes(): PluginContext['http'] {
    const route = ({ method, handler }: { method: string; handler: Patch }): void => {
      if (method === 'PATCH') this.#patch = handler;
    };
    return { route } as unknown as PluginContext['http'];
  }

  #log(): Logger {
    const { world } = this.#around;
    const say =
      (level: string) =>
      (fields: unknown, text?: string): void => {
        const { error, plugin } = Object(fields) as { error?: unknown; plugin?: string };
        world.tell(
          `${this.name} ${level}: ${plugin ?? ''} ${text ?? ''}${error instanceof Error ? `: ${error.message}` : ''}`,
        );
      };
    return { debug: say('debug'), info: () => undefined, warn: say('warn'), error: say('error') };
  }
}

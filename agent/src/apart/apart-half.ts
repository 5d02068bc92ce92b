import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Isolation, PluginEnded } from '@containr/cell';
import { Child, defaultLimits, Ends, settled } from '@containr/cell';
import { ContainrError, Scope } from '@containr/sdk';
import type { Half } from '@containr/sdk/wire';
import { failureOf } from '../half-status.ts';
import type { ApartHost } from './host.ts';
import type { Boot } from './protocol.ts';
import { Requests } from './requests.ts';

/** Other numbers than those of the control plane's own isolated plugins, which may run on the same machine. */
const uids = { first: 63_001, last: 63_999 };
const setupMs = 10_000;
const leaveMs = 1_000;
const program = fileURLToPath(
  new URL(`./child/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** The agent half of a plugin that is not trusted: runs in a process of its own, and is set up anew when that ends. */
export class ApartHalf {
  readonly half: Half;
  readonly #host: ApartHost;
  readonly #ends = new Ends('turn it off and on');
  readonly #stop = new AbortController();
  #state: 'starting' | 'running' | 'failed' = 'starting';
  #cause: ContainrError | null = null;
  #child: Child | null = null;
  #scope: Scope | null = null;
  #work: Promise<void>;

  constructor(half: Half, host: ApartHost) {
    this.half = half;
    this.#host = host;
    this.#work = this.#start();
  }

  get state(): 'starting' | 'running' | 'failed' {
    return this.#state;
  }

  /** Why it is not running, or why it was set up anew; also what it sends too much of. */
  get cause(): ContainrError | null {
    return this.#cause ?? this.#child?.floods.cause(this.half.plugin) ?? null;
  }

  /** What keeps its process apart on this node. */
  get isolation(): Isolation | null {
    return this.#child?.isolation ?? null;
  }

  /** Starts what did not start, unless it ended too often. */
  again(): void {
    if (this.#state !== 'failed' || this.#ends.quarantined || this.#stop.signal.aborted) return;
    this.#work = this.#work.then(() => this.#start());
  }

  /** Ends it, for good. */
  async stop(): Promise<void> {
    this.#stop.abort();
    const child = this.#child;
    // What never comes to an end is ended with its process.
    const late = setTimeout(() => void child?.stop(0), leaveMs);
    if (this.#state === 'running')
      await child?.peer.call('leave', {}, AbortSignal.timeout(leaveMs)).catch(() => undefined);
    await this.#scope?.dispose();
    clearTimeout(late);
    await this.#work;
  }

  async #start(): Promise<void> {
    this.#become('starting', this.#cause);
    try {
      await this.#setUp(await this.#place());
      if (!this.#stop.signal.aborted) this.#become('running', this.#cause);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#host.logFor(this.half.plugin).error({ err: error }, 'The agent half of a plugin can’t be loaded');
      this.#become('failed', failureOf(error));
    }
  }

  /** Puts the bundle where its user may read it, and nothing else lies. */
  async #place(): Promise<string> {
    const bundle = await this.#host.bundle(this.half.sha256, this.#stop.signal);
    const folder = join(this.#host.data, 'apart', this.half.sha256);
    await mkdir(folder, { recursive: true, mode: 0o755 });
    await copyFile(bundle, join(folder, 'half.mjs'));
    await chmod(join(folder, 'half.mjs'), 0o644);
    return folder;
  }

  async #setUp(packageDirectory: string): Promise<void> {
    const { plugin } = this.half;
    const { data, install, node } = this.#host;
    const directory = join(data, 'plugins', plugin);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    this.#stop.signal.throwIfAborted();
    const scope = new Scope(plugin);
    let isLive = false;
    const gone = Promise.withResolvers<never>();
    gone.promise.catch(() => undefined);
    const child: Child = new Child({
      plugin,
      program,
      packageDirectory,
      directory,
      uids,
      limits: defaultLimits,
      log: this.#host.logFor(plugin),
      again: `If it does not come back by itself, turn ${plugin} off and on.`,
      answer: (call) => requests.answer(call),
      notified: (op, told) => requests.notified(op, told),
      died: (cause) => {
        gone.reject(cause);
        // At once: its tasks are lost, and nobody is sent to what is gone.
        void scope.dispose();
        if (isLive && !this.#stop.signal.aborted) this.#ended(cause);
      },
    });
    const requests = new Requests(
      this.#host,
      this.half,
      scope,
      () => child.peer,
      (what) => child.violated(what),
    );
    scope.own('process', () => child.stop());
    this.#child = child;
    this.#scope = scope;
    try {
      await child.load();
      const boot: Boot = { plugin, install, node, directory };
      await Promise.race([child.peer.call('setup', boot, AbortSignal.timeout(setupMs)), gone.promise]);
      isLive = true;
    } catch (error) {
      await scope.dispose();
      throw child.cause ?? slow(plugin, error);
    }
  }

  #ended(cause: PluginEnded): void {
    const { shown, again } = this.#ends.note(this.half.plugin, cause);
    if (again) {
      this.#cause = shown;
      this.#work = this.#work.then(() => this.#start());
    } else this.#become('failed', shown);
  }

  #become(state: ApartHalf['state'], cause: ContainrError | null): void {
    this.#state = state;
    this.#cause = settled(cause, state === 'running' ? 'active' : state);
    this.#host.changed();
  }
}

function slow(plugin: string, error: unknown): unknown {
  if (!(error instanceof DOMException)) return error;
  return new ContainrError({
    code: 'AGENT_HALF_SLOW',
    status: 504,
    detail: `The setup of ${plugin} took more than ${setupMs} ms.`,
    hint: 'Do not wait for reports in setup; use onConnect.',
  });
}

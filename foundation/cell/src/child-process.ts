import type { Logger } from '@containr/sdk';
import type { Cell, Ending, Uids } from './cell.ts';
import { startCell } from './cell.ts';
import { watchDisk } from './disk-watch.ts';
import type { PluginEnded } from './ended.ts';
import { endedBy } from './ended.ts';
import { Floods } from './floods.ts';
import type { Isolation } from './layers.ts';
import type { Limits } from './limits.ts';
import { LogLines } from './log-lines.ts';
import type { Incoming } from './peer.ts';
import { Peer } from './peer.ts';
import { watch } from './watchdog.ts';

/** What a plugin's process is started with. */
export interface ChildOptions {
  readonly plugin: string;
  /** What runs in it, absolute. */
  readonly program: string;
  readonly packageDirectory: string;
  readonly directory: string;
  readonly limits: Limits;
  /** Users to choose one from; those of the control plane's plugins unless told. */
  readonly uids?: Uids;
  /** What makes it run again, for whoever reads why it ended; enabling the plugin unless told. */
  readonly again?: string;
  /** Without Node's permission model, to see that the rest holds alone; with it unless told. */
  readonly seatBelt?: boolean;
  readonly log: Logger;
  answer(call: Incoming): Promise<unknown>;
  notified(op: string, data: unknown): void;
  /** It ended without being asked to; the cause is one that the admin reads. */
  died(cause: PluginEnded): void;
}

/** Longest time of its own, in milliseconds, that a plugin may give no sign of life once it is loaded. */
export const silentMs = 500;
const loadingMs = 3_000;
const startingMs = 10_000;
const leftMs = 100;
const mostViolations = 20;
const bounds = { callsAtOnce: 256, perSecond: 2_000, turnMs: 1, unreadBytes: 16 * 1024 * 1024 };

/** The process of one plugin: started, watched, and ended at the first thing that it may not do. */
export class Child {
  readonly peer: Peer;
  readonly isolation: Isolation;
  readonly floods = new Floods();
  readonly #cell: Cell;
  readonly #lines: LogLines;
  readonly #options: ChildOptions;
  readonly #unwatch: () => void;
  /** From here on it answers within a second; importing may take longer. */
  #loaded = false;
  #ending = false;
  #violations = 0;
  #cause: PluginEnded | null = null;

  constructor(options: ChildOptions) {
    this.#options = options;
    const floods = this.floods;
    const lines = (this.#lines = new LogLines(options.log, () => floods.note('log lines')));
    this.#cell = startCell(options);
    this.isolation = this.#cell.isolation;
    for (const stream of this.#cell.output) lines.follow(stream);
    this.peer = new Peer({
      socket: this.#cell.channel,
      bounds,
      answer: (call) => options.answer(call),
      notified: (op, data) => {
        if (op === 'log' && isLog(data)) lines.write(data.level, { ...data.fields, isolated: true }, data.message);
        else options.notified(op, data);
      },
      violated: (what) => this.violated(what),
      throttled: () => floods.note('messages'),
      // When its process ended, that is told in a moment, with a better cause.
      closed: () => setTimeout(() => this.fail('PLUGIN_CRASHED', 'It left its channel'), leftMs).unref(),
    });
    const unwatchDisk = watchDisk({
      directory: options.directory,
      bytes: options.limits.diskBytes,
      pids: () => this.#cell.pids(),
      over: (detail) => this.fail('PLUGIN_DISK', detail),
    });
    const unwatch = watch({
      cell: this.#cell,
      memoryBytes: options.limits.memoryBytes,
      silentMs: () => (this.#loaded ? silentMs : loadingMs),
      flooding: () => floods.underWay,
      caught: (what, detail) => this.fail(codes[what], detail),
    });
    this.#unwatch = () => {
      unwatch();
      unwatchDisk();
    };
    void this.#cell.ended.then((how) => this.#ended(how));
  }

  /** Resident memory in bytes. */
  get residentBytes(): number | null {
    return this.#cell.residentBytes();
  }

  /** Runs the package's module; from here on its code runs, so its limits hold. */
  async load(): Promise<unknown> {
    await this.peer.call('hello', {}).catch(() => undefined);
    this.#cell.limit();
    const from = { directory: this.#options.packageDirectory };
    const loaded = await this.peer.call('load', from, AbortSignal.timeout(startingMs));
    this.#loaded = true;
    return loaded;
  }

  /** Keeps a text that it was given out of the log, in whatever it writes. */
  conceal(secret: string): void {
    this.#lines.conceal(secret);
  }

  /** It broke a rule of the channel; after some it is ended. */
  violated(what: string): void {
    this.#violations += 1;
    const { log, plugin } = this.#options;
    if (this.#violations <= 5) log.warn({ plugin }, `The isolated plugin ${what.slice(0, 300)}`);
    if (this.#violations === mostViolations)
      this.fail(
        'PLUGIN_VIOLATIONS',
        `It broke the rules of its channel ${mostViolations} times, last: it ${what.slice(0, 300)}`,
      );
  }

  /** Ends it at once, for a cause. */
  fail(code: string, detail: string): void {
    this.#over(endedBy(this.#options.plugin, code, detail, this.#options.again));
  }

  /** Ends it: told first, then killed. */
  async stop(graceMs = 1_000): Promise<void> {
    if (!this.#ending) {
      this.#ending = true;
      this.#unwatch();
      this.peer.close();
      const late = setTimeout(() => this.#cell.kill(), graceMs);
      await this.#cell.ended;
      clearTimeout(late);
    } else await this.#cell.ended;
  }

  #ended({ how, memory }: Ending): void {
    this.fail(memory ? 'PLUGIN_MEMORY' : 'PLUGIN_CRASHED', `Its process ${how}`);
    this.#cell.kill();
    // Nobody reads it any more, so it would never find out that the other end is closed.
    this.#cell.heartbeat.destroy();
  }

  // From here on nothing of it runs: what it was killed with does not wait for it.
  #over(cause: PluginEnded): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#cause = cause;
    this.#unwatch();
    this.#cell.kill();
    this.peer.close();
    this.#options.died(cause);
  }

  /** Why it ended without being asked to. */
  get cause(): PluginEnded | null {
    return this.#cause;
  }
}

const codes = { silent: 'PLUGIN_SILENT', memory: 'PLUGIN_MEMORY', heartbeat: 'PLUGIN_VIOLATIONS' } as const;

function isLog(data: unknown): data is { level: 'info'; fields: Record<string, unknown>; message: string } {
  if (typeof data !== 'object' || data === null) return false;
  const { level, fields, message } = data as Record<string, unknown>;
  return (
    ['debug', 'info', 'warn', 'error'].includes(String(level)) &&
    typeof fields === 'object' &&
    fields !== null &&
    typeof message === 'string'
  );
}

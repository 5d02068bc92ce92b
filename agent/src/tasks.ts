import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import type { Capabilities } from './capabilities.ts';
import type { Link } from './link.ts';
import { Task } from './task.ts';
import { TaskFolder, taskNames } from './task-record.ts';

const keepMs = 3_600_000;
const sweepMs = 600_000;
const stopMs = 3000;

/** All tasks of this agent, over restarts. */
export class Tasks {
  readonly #folder: string;
  readonly #capabilities: Capabilities;
  readonly #link: Link;
  readonly #log: Logger;
  readonly #tasks = new Map<string, Task>();
  readonly #work = new Set<Promise<void>>();
  readonly #stopRuns = new AbortController();
  readonly #stopShips = new AbortController();
  #sweeper: NodeJS.Timeout | undefined;

  constructor(data: string, capabilities: Capabilities, link: Link, log: Logger) {
    this.#folder = join(data, 'tasks');
    this.#capabilities = capabilities;
    this.#link = link;
    this.#log = log;
  }

  /** Takes up what an earlier process left: what ran then is lost, what was not delivered is. */
  restore(): void {
    for (const name of taskNames(this.#folder)) {
      const folder = new TaskFolder(this.#folder, name);
      const record = folder.load();
      if (!record) {
        folder.remove();
        continue;
      }
      const task = new Task(folder, record, this.#link, this.#log);
      this.#tasks.set(record.task, task);
      task.end({ status: 'lost' });
      this.#track(task.ship(this.#stopShips.signal));
    }
    this.#sweep();
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs).unref();
  }

  /**
   * Starts a task unless it is known; the end of one that has ended is told again, to whoever did not hear that it ever began.
   * Throws `CAPABILITY_MISSING`, or what the disk says.
   */
  start(task: string, capability: string, input: unknown): void {
    const known = this.#tasks.get(task);
    if (known) {
      this.#track(known.tellAgain(this.#stopShips.signal));
      return;
    }
    if (this.#stopRuns.signal.aborted)
      throw new ContainrError({
        code: 'AGENT_STOPPING',
        status: 503,
        detail: 'The agent is stopping.',
        hint: 'Try again in a moment.',
      });
    const served = this.#capabilities.get(capability);
    const started = new Task(
      new TaskFolder(this.#folder, task),
      { task, capability, outcome: null, takenAt: null },
      this.#link,
      this.#log,
    );
    this.#tasks.set(task, started);
    this.#track(started.run(served, input, this.#stopRuns.signal));
    this.#track(started.ship(this.#stopShips.signal));
  }

  status(task: string): 'running' | 'ended' | 'unknown' {
    const known = this.#tasks.get(task);
    return known ? (known.running ? 'running' : 'ended') : 'unknown';
  }

  cancel(task: string): void {
    this.#tasks.get(task)?.cancel();
  }

  /** Ends what runs (it is `lost`) and stops delivering; the rest is delivered by the next process. */
  async stop(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#stopRuns.abort();
    this.#stopShips.abort();
    for (const task of this.#tasks.values()) task.end({ status: 'lost' });
    // Work that does not mind its signal ends with the process.
    await Promise.race([Promise.all(this.#work), delay(stopMs)]);
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#log.error({ err: error }, 'A task broke'))
      .finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }

  #sweep(): void {
    for (const [name, task] of this.#tasks) {
      if (task.takenAt === null || Date.now() - task.takenAt < keepMs) continue;
      this.#tasks.delete(name);
      new TaskFolder(this.#folder, name).remove();
    }
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Logger, TaskOutcome } from '@containr/sdk';
import { ContainrError, isContainrError } from '@containr/sdk';
import { TaskEnd, TaskOutput } from '@containr/sdk/wire';
import type { Served } from './capabilities.ts';
import type { Link } from './link.ts';
import { TaskLog } from './task-log.ts';
import type { TaskFolder, TaskRecord } from './task-record.ts';

const graceMs = 10_000;

/** One piece of long work: runs, writes lines, ends; lines and end are delivered until the control plane took them. */
export class Task {
  readonly #folder: TaskFolder;
  readonly #link: Link;
  readonly #logger: Logger;
  readonly #log: TaskLog;
  readonly #cancel = new AbortController();
  #record: TaskRecord;
  #wake = Promise.withResolvers<void>();

  constructor(folder: TaskFolder, record: TaskRecord, link: Link, logger: Logger) {
    folder.save(record);
    this.#folder = folder;
    this.#record = record;
    this.#link = link;
    this.#logger = logger;
    this.#log = new TaskLog(folder.output, () => this.#wake.resolve());
  }

  get running(): boolean {
    return this.#record.outcome === null;
  }

  /** When the control plane took the outcome, in ms; `null` before. */
  get takenAt(): number | null {
    return this.#record.takenAt === null ? null : Date.parse(this.#record.takenAt);
  }

  /** Ends it; the outcome is `cancelled`. */
  cancel(): void {
    this.#cancel.abort(new ContainrError({ code: 'CANCELLED', status: 499, detail: 'The task was cancelled.' }));
  }

  /** Runs the work to its end, deadline, or cancellation; `stop` makes it `lost`. */
  async run(served: Served, input: unknown, stop: AbortSignal): Promise<void> {
    const late = AbortSignal.timeout(served.timeoutMs);
    const signal = AbortSignal.any([this.#cancel.signal, late, served.signal, stop]);
    const io = {
      signal,
      task: this.#record.task,
      output: (text: string, stream: 'stdout' | 'stderr' | 'system' = 'stdout') => this.#log.write(text, stream),
    };
    const work = settle(() => served.run(input, io));
    const outcome = await Promise.race([work, afterAbort(signal)]);
    this.end(this.#judge(outcome, served, late, stop));
  }

  /** Records how it ended. */
  end(outcome: TaskOutcome): void {
    if (!this.running) return;
    this.#log.end();
    this.#record = { ...this.#record, outcome };
    this.#folder.save(this.#record);
    this.#wake.resolve();
  }

  /** Delivers lines, then the outcome; returns when all is taken or the signal is aborted. */
  async ship(signal: AbortSignal): Promise<void> {
    const { capability, task } = this.#record;
    let offset = this.#folder.shipped;
    const never = (): boolean => false;
    try {
      for (;;) {
        this.#wake = Promise.withResolvers();
        const { outcome } = this.#record;
        const { lines, next } = this.#log.read(offset);
        if (lines.length > 0) {
          await this.#link.deliver(TaskOutput, { capability, task, lines }, signal, never);
          offset = next;
          this.#folder.shipped = offset;
        } else if (outcome) {
          if (this.#record.takenAt === null)
            await this.#link.deliver(TaskEnd, { capability, task, outcome }, signal, never);
          break;
        } else {
          await this.#wake.promise;
        }
      }
      this.#record = { ...this.#record, takenAt: this.#record.takenAt ?? new Date().toISOString() };
      this.#folder.save(this.#record);
    } catch (error) {
      if (!signal.aborted) this.#logger.error({ err: error, task }, 'A task can’t be delivered');
    } finally {
      this.#log.close();
    }
  }

  /** Delivers the outcome once more, if it was taken before: whoever asks for the task again did not hear of it. */
  async tellAgain(signal: AbortSignal): Promise<void> {
    const { capability, task, outcome, takenAt } = this.#record;
    if (outcome === null || takenAt === null) return;
    await this.#link
      .deliver(TaskEnd, { capability, task, outcome }, signal, () => false)
      .catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
  }

  #judge(outcome: TaskOutcome | null, served: Served, late: AbortSignal, stop: AbortSignal): TaskOutcome {
    if (this.#cancel.signal.aborted) return { status: 'cancelled' };
    if (outcome?.status === 'done') return outcome;
    if (served.signal.aborted || stop.aborted) return { status: 'lost' };
    if (late.aborted)
      return {
        status: 'failed',
        code: 'TIMEOUT',
        detail: `${served.name} did not end within ${served.timeoutMs} ms.`,
        hint: 'Make the work smaller, or try again.',
      };
    if (outcome?.status === 'failed' && outcome.code === 'INTERNAL')
      this.#logger.error(
        { task: this.#record.task, capability: served.name, detail: outcome.detail },
        'A task failed for a reason nobody foresaw',
      );
    return outcome ?? { status: 'lost' };
  }
}

async function settle(work: () => Promise<unknown>): Promise<TaskOutcome> {
  try {
    return { status: 'done', output: await work() };
  } catch (error) {
    if (isContainrError(error))
      return { status: 'failed', code: error.code, detail: error.message, hint: error.hint ?? null };
    return {
      status: 'failed',
      code: 'INTERNAL',
      detail: error instanceof Error ? error.message : String(error),
      hint: null,
    };
  }
}

/** Work that does not mind its signal is given up after a while. */
async function afterAbort(signal: AbortSignal): Promise<null> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await delay(graceMs, undefined, { ref: false });
  return null;
}

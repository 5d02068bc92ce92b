import { isContainrError } from '../errors.ts';

/** Buckets an octave of time has: a quantile is at most 19 % above the truth. */
const steps = 4;
const buckets = 24 * steps;

/** The latest fault of a handler. */
export interface Fault {
  /** ISO 8601. */
  readonly at: string;
  readonly code: string;
  readonly message: string;
  /** File and line that threw, `null` where the error does not say. */
  readonly source: string | null;
}

/**
 * Counts what one handler does: calls, calls inside now, faults, and time by a histogram of fixed buckets. A refusal (an
 * error below status 500) is an answer to who asks, and no fault; `nobodyAsks` (a job, an event, a repeat): every throw is one.
 * It costs two looks at the clock and one array increment a call.
 */
export class Meter {
  calls = 0;
  inside = 0;
  faults = 0;
  readonly #nobodyAsks: boolean;
  #times: Uint32Array | undefined;
  #thrown: { readonly at: number; readonly error: unknown } | undefined;

  constructor({ nobodyAsks = false } = {}) {
    this.#nobodyAsks = nobodyAsks;
  }

  /** A call began; give what it returns to `leave`. */
  enter(): number {
    this.calls += 1;
    this.inside += 1;
    return performance.now();
  }

  /** A call that began at `began` is over. */
  leave(began: number): void {
    this.inside -= 1;
    const microseconds = (performance.now() - began) * 1000;
    const at = microseconds <= 1 ? 0 : Math.min(buckets - 1, Math.floor(Math.log2(microseconds) * steps));
    const times = (this.#times ??= new Uint32Array(buckets));
    times[at] = (times[at] ?? 0) + 1;
  }

  /** A call that is not over by its time, such as an open stream, is over. */
  end(): void {
    this.inside -= 1;
  }

  /** Notes a throw. */
  threw(error: unknown): void {
    if (!this.#nobodyAsks && isContainrError(error) && error.status < 500) return;
    this.faults += 1;
    this.#thrown = { at: Date.now(), error };
  }

  /** The same function, measured. */
  wrap<A extends readonly unknown[], R>(work: (...given: A) => Promise<R>): (...given: A) => Promise<R> {
    return async (...given) => {
      const began = this.enter();
      try {
        return await work(...given);
      } catch (error) {
        this.threw(error);
        throw error;
      } finally {
        this.leave(began);
      }
    };
  }

  /** Milliseconds that the given share of calls stayed within; `null` before the first. */
  quantileMs(share: number): number | null {
    if (!this.#times) return null;
    const total = this.#times.reduce((sum, count) => sum + count, 0);
    let seen = 0;
    for (const [at, count] of this.#times.entries()) {
      seen += count;
      if (count > 0 && seen >= share * total) return 2 ** ((at + 1) / steps) / 1000;
    }
    return null;
  }

  /** The latest fault. */
  get fault(): Fault | null {
    if (!this.#thrown) return null;
    const { at, error } = this.#thrown;
    return {
      at: new Date(at).toISOString(),
      code: isContainrError(error) ? error.code : error instanceof Error ? error.name : 'Error',
      message: error instanceof Error ? error.message : String(error),
      source: sourceOf(error),
    };
  }
}

/** The last folders, file and line of the first frame that is neither Node's nor a package's. */
function sourceOf(error: unknown): string | null {
  const root = isContainrError(error) && error.cause instanceof Error ? error.cause : error;
  if (!(root instanceof Error)) return null;
  for (const line of (root.stack ?? '').split('\n')) {
    const [, path = '', at = ''] = /(?:file:\/\/|\()?(\/[^\s():]+):(\d+):\d+\)?$/.exec(line) ?? [];
    if (path === '' || path.includes('/node_modules/')) continue;
    return `${path.split('/').slice(-4).join('/')}:${at}`;
  }
  return null;
}

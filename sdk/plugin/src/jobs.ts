import type { Infer, JSONSchema } from './schema.ts';

/** Durable background work: at least once, resumed after a crash. */
export interface Job<P = unknown> {
  readonly type: 'job';
  /** `noun.verb`, unique in its plugin. */
  readonly name: string;
  readonly input: JSONSchema;
  /** Only a type: what the input schema accepts. */
  readonly accepts?: P;
  readonly summary: string;
}

/** How one run of a job is asked for. */
export interface EnqueueOptions {
  /** One waiting job per key: a later one replaces the earlier. */
  readonly key?: string;
  /** Jobs of one queue run one after another. */
  readonly queue?: string;
  readonly runAt?: Date;
  /** Tries before it is given up; 10 by default. */
  readonly maxAttempts?: number;
}

/** What a job's handler is given. */
export interface JobRun<P> {
  readonly input: P;
  readonly attempt: number;
  /** Aborted when the plugin leaves, and when this process was cut off so long that another one may run the job by now. */
  readonly signal: AbortSignal;
}

/**
 * Defines a job.
 *
 * @example export const Sweep = defineJob({ name: 'session.sweep', input: Empty, summary: 'Deletes sessions that ended' });
 */
export function defineJob<const S extends JSONSchema>(job: { name: string; input: S; summary: string }): Job<Infer<S>> {
  return { type: 'job', ...job };
}

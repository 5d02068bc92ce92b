import type { Infer, JSONSchema } from './schema.ts';
import type { Owned } from './scope.ts';

/** Values that may be forgotten at any time; shared by all control-plane processes when there is a Redis, else by this one. */
export interface Cache {
  /** `null` when it is not there, has ended, or does not fit the schema. */
  get<S extends JSONSchema>(key: string, schema: S): Promise<Infer<S> | null>;
  /** Keeps a JSON value for `ttlMs`. */
  set(key: string, value: unknown, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  /** The value that is kept, or what `look` finds, which is kept then; one look at a time per key and process. `null` is not kept. */
  through<S extends JSONSchema>(
    key: string,
    options: { schema: S; ttlMs: number },
    look: () => Promise<Infer<S> | null>,
  ): Promise<Infer<S> | null>;
}

/** So many in so much time; what was not used comes back evenly. */
export interface RateRule {
  readonly limit: number;
  readonly windowMs: number;
}

/** Whether one more was allowed. */
export interface Taken {
  readonly allowed: boolean;
  /** How many more are allowed at once. */
  readonly remaining: number;
  /** When all are allowed again, in ms from now. */
  readonly resetMs: number;
  /** When one more is allowed, in ms from now; 0 when it was. */
  readonly retryMs: number;
}

/** Counts by key; atomic over all control-plane processes when there is a Redis, else in this one. */
export interface RateLimits {
  take(key: string, rule: RateRule): Promise<Taken>;
}

/** Messages for whoever listens now, on any process when there is a Redis; at most once: for live lines, never for facts. */
export interface FanOut {
  /** Tells all listeners of a topic, here and elsewhere. */
  publish(topic: string, message: unknown): void;
  /** Hears a topic. `lost` is called when messages may have been missed: load what is shown again. */
  subscribe(topic: string, listener: { message(message: unknown): void; lost?(): void }): Owned;
}

/** What processes share while they live. Names are the plugin's own. */
export interface Live {
  readonly cache: Cache;
  readonly limits: RateLimits;
  readonly fanOut: FanOut;
}

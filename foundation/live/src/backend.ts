import type { Disposer, RateRule, Taken } from '@containr/sdk';

/** Hears one topic. */
export interface TextListener {
  message(text: string): void;
  /** Messages may have been missed, or may be from now on. */
  lost(): void;
}

/** Where processes keep what they share while they live. Keys, topics and texts are whole here; nothing below throws when it is down. */
export interface Backend {
  /** `null` when it is not there. */
  get(key: string): Promise<string | null>;
  set(key: string, text: string, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  /** At once when this process alone counts. */
  take(key: string, rule: RateRule): Taken | Promise<Taken>;
  publish(topic: string, text: string): void;
  subscribe(topic: string, listener: TextListener): Disposer;
  /** Why it does not work now; `null` when it does. */
  down(): string | null;
  stop(): Promise<void>;
}

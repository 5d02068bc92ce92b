import { Allowance } from '@containr/cell';
import type { Live, Owned } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import type { Infer } from '@containr/sdk';
import type { requests } from './protocol.ts';

type Data<K extends 'live.get' | 'live.set' | 'live.delete' | 'live.take' | 'live.publish'> = Infer<
  (typeof requests)[K]
>;

const mostKeys = 500;
const largestValue = 32 * 1024;
const mostCounters = 1_000;
const mostUndelivered = 100;
const messagesASecond = 100;

/** What an isolated plugin shares over `ctx.live`, bounded: so many keys, counters and messages, so large each. */
export class LiveRequests {
  readonly #live: Live;
  readonly #plugin: string;
  /** Keys that it set, oldest first. */
  readonly #keys = new Set<string>();
  readonly #counters = new Set<string>();
  readonly #messages = new Allowance(messagesASecond, messagesASecond);

  constructor(plugin: string, live: Live) {
    this.#plugin = plugin;
    this.#live = live;
  }

  async get({ key }: Data<'live.get'>): Promise<{ value: unknown }> {
    return { value: await this.#live.cache.get(key, true) };
  }

  /** Keeps a value; with more keys than it may have, the oldest is forgotten. Throws `TOO_LARGE`. */
  async set({ key, value, ttlMs }: Data<'live.set'>): Promise<void> {
    this.#checkSize(value);
    this.#keys.delete(key);
    this.#keys.add(key);
    const [oldest] = this.#keys;
    if (this.#keys.size > mostKeys && oldest !== undefined) await this.delete({ key: oldest });
    await this.#live.cache.set(key, value, ttlMs);
  }

  async delete({ key }: Data<'live.delete'>): Promise<void> {
    this.#keys.delete(key);
    await this.#live.cache.delete(key);
  }

  /** Counts. Throws `PLUGIN_BUSY` for more counters than it may have: those of others are counted beside them. */
  async take({ key, limit, windowMs }: Data<'live.take'>) {
    this.#counters.add(key);
    if (this.#counters.size > mostCounters) {
      this.#counters.delete(key);
      throw new ContainrError({
        code: 'PLUGIN_BUSY',
        status: 429,
        detail: `${this.#plugin} counts by ${mostCounters} keys, which is as many as an isolated plugin may.`,
        hint: 'Count by fewer keys, or have an admin trust the plugin.',
      });
    }
    return this.#live.limits.take(key, { limit, windowMs });
  }

  /** Tells who listens; what is too much is dropped, as a live message may be. Throws `TOO_LARGE`. */
  publish({ topic, message }: Data<'live.publish'>): void {
    this.#checkSize(message);
    if (this.#messages.take()) this.#live.fanOut.publish(topic, message);
  }

  /** Hears a topic; one that does not keep up is told that it missed some. */
  subscribe(topic: string, tell: (told: { message: unknown } | { lost: true }) => Promise<unknown>): Owned {
    let undelivered = 0;
    let missed = false;
    const send = (told: { message: unknown } | { lost: true }): void => {
      undelivered += 1;
      void tell(told)
        // It is gone, or told that it missed some with the next one.
        .catch(() => (missed = true))
        .finally(() => (undelivered -= 1));
    };
    return this.#live.fanOut.subscribe(topic, {
      message(message) {
        if (undelivered >= mostUndelivered) return void (missed = true);
        if (missed) send({ lost: true });
        missed = false;
        send({ message });
      },
      lost: () => send({ lost: true }),
    });
  }

  #checkSize(value: unknown): void {
    if (JSON.stringify(value).length <= largestValue) return;
    throw new ContainrError({
      code: 'TOO_LARGE',
      status: 413,
      detail: `What an isolated plugin shares has at most ${largestValue} bytes.`,
      hint: 'Keep it in the store, and share where it is.',
    });
  }
}

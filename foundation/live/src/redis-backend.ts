import { randomUUID } from 'node:crypto';
import type { Logger, RateRule, Taken } from '@containr/sdk';
import type { Backend } from './backend.ts';
import { MemoryRates } from './memory-rates.ts';
import { Topics } from './topics.ts';

const commandMs = 500;
const firstConnectMs = 2000;
const longestWaitMs = 2000;
const pendingDeletes = 10_000;

/** The same as {@link MemoryRates}, by the clock of the Redis server: gives `[allowed, moment at which all is allowed again - now]`, in microseconds. */
const takeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window = tonumber(ARGV[1]) * 1000
local step = window / tonumber(ARGV[2])
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local next = free + step
if next - now > window + step * 0.000001 then return {0, string.format('%.0f', free - now)} end
redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000) + 1)
return {1, string.format('%.0f', next - now)}
`;

/**
 * Everything in one Redis for all processes. While it does not answer, values are not there, this process counts alone,
 * messages reach this process alone (listeners are told), and {@link Backend.down} says so.
 */
export async function redisBackend(url: string, prefix: string, log: Logger): Promise<Backend> {
  // Loaded here and nowhere else: it costs 20 MB of memory.
  const { createClient } = await import('redis');
  const own = randomUUID();
  const rates = new MemoryRates();
  const topics = new Topics();
  /** Deleted while Redis did not answer; they must not come back with it. */
  const deleted = new Set<string>();
  let reason: string | null = 'It is not connected yet.';
  let stopped = false;

  const client = createClient({
    url,
    disableOfflineQueue: true,
    commandOptions: { timeout: commandMs },
    socket: { connectTimeout: firstConnectMs, reconnectStrategy: (tries) => Math.min(100 * 2 ** tries, longestWaitMs) },
  });
  const hearing = client.duplicate({ disableOfflineQueue: false });
  client.on('error', (error: unknown) => failed(error));
  client.on('ready', () => void recovered());
  hearing.on('error', (error: unknown) => log.debug({ error }, 'The Redis connection for messages broke'));
  let heard = false;
  hearing.on('ready', () => {
    if (heard) topics.lost();
    heard = true;
  });
  hearing.on('reconnecting', () => topics.lost());

  function failed(error: unknown): void {
    if (stopped) return;
    const text = error instanceof Error ? error.message || error.name : String(error);
    if (reason === null) log.warn({ error }, 'Redis does not answer; this process goes on alone');
    reason = text;
  }

  async function recovered(): Promise<void> {
    try {
      if (deleted.size > 0) await client.del([...deleted]);
      deleted.clear();
      if (reason !== null) log.info({}, 'Redis answers');
      reason = null;
    } catch (error) {
      failed(error);
    }
  }

  /** What Redis says, or `other` when it does not answer. */
  async function asked<T>(ask: () => Promise<T>, other: () => T): Promise<T> {
    if (reason !== null || !client.isReady) return other();
    try {
      return await ask();
    } catch (error) {
      log.debug({ error }, 'Redis did not answer');
      return other();
    }
  }

  function heardFrom(topic: string, message: string): void {
    const at = message.indexOf(' ');
    if (message.slice(0, at) !== own) topics.tell(topic, message.slice(at + 1));
  }

  const connected = Promise.all([client.connect(), hearing.connect()]).then(recovered, failed);
  await Promise.race([connected, new Promise((resolve) => setTimeout(resolve, firstConnectMs).unref())]);

  return {
    get: (key) =>
      asked(
        async () => (deleted.has(prefix + key) ? null : client.get(prefix + key)),
        () => null,
      ),
    set: (key, text, ttlMs) =>
      asked(
        async () =>
          void (await client.set(prefix + key, text, { expiration: { type: 'PX', value: Math.ceil(ttlMs) } })),
        () => undefined,
      ),
    delete: (key) =>
      asked(
        async () => void (await client.del(prefix + key)),
        () => {
          if (deleted.size < pendingDeletes) deleted.add(prefix + key);
        },
      ),
    take: (key, rule) =>
      asked(
        async () =>
          takenOf(
            await client.eval(takeScript, {
              keys: [`${prefix}rate:${key}`],
              arguments: [String(rule.windowMs), String(rule.limit)],
            }),
            rule,
          ),
        () => rates.take(key, rule, performance.now()),
      ),
    publish(topic, text) {
      topics.tell(topic, text);
      if (client.isReady) client.publish(prefix + topic, `${own} ${text}`).catch(() => undefined);
    },
    subscribe(topic, listener) {
      const first = !topics.has(topic);
      const remove = topics.add(topic, listener);
      if (first)
        hearing
          .subscribe(prefix + topic, (message) => heardFrom(topic, message))
          .catch((error: unknown) => log.warn({ error, topic }, 'A topic could not be heard'));
      return async () => {
        await remove();
        if (!topics.has(topic) && hearing.isReady) await hearing.unsubscribe(prefix + topic).catch(() => undefined);
      };
    },
    down: () => reason,
    async stop() {
      stopped = true;
      rates.clear();
      client.destroy();
      hearing.destroy();
    },
  };
}

function takenOf(answer: unknown, { limit, windowMs }: RateRule): Taken {
  const answers: readonly unknown[] = Array.isArray(answer) ? answer : [];
  const [allowed, resetMicros] = answers;
  const resetMs = Number(resetMicros) / 1000;
  const stepMs = windowMs / limit;
  return {
    allowed: Number(allowed) === 1,
    remaining: Math.max(0, Math.floor((windowMs - resetMs) / stepMs + 1e-6)),
    resetMs,
    retryMs: Number(allowed) === 1 ? 0 : Math.max(0, resetMs + stepMs - windowMs),
  };
}

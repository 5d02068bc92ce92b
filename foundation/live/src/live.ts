import type { Cache, FanOut, JSONSchema, Live, Logger, RateLimits, Scope } from '@containr/sdk';
import { validatorOf } from '@containr/sdk/host';
import type { Backend } from './backend.ts';
import { memoryBackend } from './memory-backend.ts';
import { redisBackend } from './redis-backend.ts';

/** What processes of one install share while they live. */
export interface SharedLive {
  /** A plugin's part: its names are its own, and its scope ends what it hears. */
  for(plugin: string, scope: Scope): Live;
  /** The counters as they are: at once when this process alone counts. */
  readonly take: Backend['take'];
  readonly down: Backend['down'];
  /** Whether a Redis was given. */
  readonly shared: boolean;
  stop(): Promise<void>;
}

/** Opens it: in a Redis when there is a URL, else in this process. Never rejects because Redis does not answer. */
export async function openLive(options: {
  redisUrl?: string | undefined;
  install: string;
  log: Logger;
}): Promise<SharedLive> {
  const { redisUrl, install, log } = options;
  const backend = redisUrl === undefined ? memoryBackend() : await redisBackend(redisUrl, `containr:${install}:`, log);
  return {
    for: (plugin, scope) => liveOf(backend, plugin, scope, log),
    take: (key, rule) => backend.take(key, rule),
    down: () => backend.down(),
    shared: redisUrl !== undefined,
    stop: () => backend.stop(),
  };
}

/** A plugin's view of a backend. */
export function liveOf(backend: Backend, plugin: string, scope: Scope, log: Logger): Live {
  return {
    cache: cacheOf(backend, plugin),
    limits: limitsOf(backend, plugin),
    fanOut: fanOutOf(backend, plugin, scope, log),
  };
}

function cacheOf(backend: Backend, plugin: string): Cache {
  const looking = new Map<string, Promise<unknown>>();
  const nameOf = (key: string): string => `cache:${plugin}:${key}`;

  async function get(key: string, schema: JSONSchema): Promise<unknown> {
    const text = await backend.get(nameOf(key));
    if (text === null) return null;
    const value: unknown = JSON.parse(text);
    return validatorOf(schema, 'plain')(value) ? value : null;
  }

  /** What was deleted while it was looked for is not kept. */
  async function find(
    key: string,
    { schema, ttlMs }: { schema: JSONSchema; ttlMs: number },
    look: () => Promise<unknown>,
    wanted: () => boolean,
  ): Promise<unknown> {
    const kept = await get(key, schema);
    if (kept !== null) return kept;
    const value = await look();
    if (value !== null && wanted()) await backend.set(nameOf(key), JSON.stringify(value), ttlMs);
    return value;
  }

  return {
    // What passed the schema is of the type that is inferred from it.
    get: (key, schema) => get(key, schema) as Promise<never>,
    set: (key, value, ttlMs) => backend.set(nameOf(key), JSON.stringify(value), ttlMs),
    delete: (key) => {
      looking.delete(key);
      return backend.delete(nameOf(key));
    },
    through(key, options, look) {
      const under = looking.get(key);
      if (under) return under as Promise<never>;
      const found: Promise<unknown> = find(key, options, look, () => looking.get(key) === found).finally(() => {
        if (looking.get(key) === found) looking.delete(key);
      });
      looking.set(key, found);
      return found as Promise<never>;
    },
  };
}

function limitsOf(backend: Backend, plugin: string): RateLimits {
  return { take: async (key, rule) => backend.take(`${plugin}:${key}`, rule) };
}

function fanOutOf(backend: Backend, plugin: string, scope: Scope, log: Logger): FanOut {
  return {
    publish: (topic, message) => backend.publish(`topic:${plugin}:${topic}`, JSON.stringify(message)),
    subscribe(topic, listener) {
      const safely = (run: () => void): void => {
        try {
          run();
        } catch (error) {
          log.error({ error, plugin, topic }, 'A listener of live messages failed');
        }
      };
      const undo = backend.subscribe(`topic:${plugin}:${topic}`, {
        message: (text) => safely(() => listener.message(JSON.parse(text))),
        lost: () => safely(() => listener.lost?.()),
      });
      return scope.own(`live ${topic}`, undo, { kind: 'live' });
    },
  };
}

import type { JSONSchema, Live, Taken } from '@containr/sdk';
import { validate } from '@containr/sdk/validate';
import type { Peer } from '@containr/cell/channel';
import type { Registry } from './registry.ts';

/** `ctx.live` of an isolated plugin: the host keeps, counts and tells, within its bounds. */
export function liveFacet(registry: Registry, peer: () => Peer): Live {
  const looking = new Map<string, Promise<unknown>>();

  async function get(key: string, schema: JSONSchema): Promise<unknown> {
    const { value } = (await peer().call('live.get', { key })) as { value: unknown };
    try {
      return value === null ? null : validate(schema, value, key);
    } catch {
      return null;
    }
  }

  async function set(key: string, value: unknown, ttlMs: number): Promise<void> {
    await peer().call('live.set', { key, value, ttlMs });
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
    if (value !== null && wanted()) await set(key, value, ttlMs);
    return value;
  }

  return {
    cache: {
      // What passed the schema is of the type that is inferred from it.
      get: (key, schema) => get(key, schema) as Promise<never>,
      set,
      async delete(key) {
        looking.delete(key);
        await peer().call('live.delete', { key });
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
    },
    limits: { take: async (key, rule) => (await peer().call('live.take', { key, ...rule })) as Taken },
    fanOut: {
      publish: (topic, message) =>
        void peer()
          .call('live.publish', { topic, message })
          .catch(() => undefined),
      subscribe: (topic, listener) =>
        registry.add('live', `live ${topic}`, { topic }, (told: { message: unknown } | { lost: true }) => {
          if ('lost' in told) listener.lost?.();
          else listener.message(told.message);
        }),
    },
  };
}

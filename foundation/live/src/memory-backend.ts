import type { Backend } from './backend.ts';
import { MemoryRates } from './memory-rates.ts';
import { Topics } from './topics.ts';

const keptValues = 10_000;

/** Everything in this process; what is kept longest goes when there are more than 10,000 values. */
export function memoryBackend(): Backend {
  const values = new Map<string, { text: string; until: number }>();
  const rates = new MemoryRates();
  const topics = new Topics();
  return {
    async get(key) {
      const kept = values.get(key);
      if (kept && kept.until > performance.now()) return kept.text;
      values.delete(key);
      return null;
    },
    async set(key, text, ttlMs) {
      values.delete(key);
      values.set(key, { text, until: performance.now() + ttlMs });
      const oldest = values.keys().next();
      if (values.size > keptValues && !oldest.done) values.delete(oldest.value);
    },
    async delete(key) {
      values.delete(key);
    },
    take: (key, rule) => rates.take(key, rule, performance.now()),
    publish: (topic, text) => topics.tell(topic, text),
    subscribe: (topic, listener) => topics.add(topic, listener),
    down: () => null,
    stop: async () => rates.clear(),
  };
}

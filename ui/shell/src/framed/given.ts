import type { Given } from './messages.ts';

/** What a frame is told of a document of somebody else: which one it is. The rest it reads through what was granted. */
const identity = ['id', 'number', 'slug', 'name', 'kind', 'project', 'environment', 'service', 'node'];

/** Properties of a view as its frame gets them: plain values as they are, documents by what identifies them. */
export function givenOf(properties: Readonly<Record<string, unknown>>): Given {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, value]) => {
      if (name === 'style' || name === 'class') return [];
      if (isPlain(value)) return [[name, value] as const];
      if (typeof value !== 'object' || value === null) return [];
      const parts = Object.entries(value).filter(([key, part]) => identity.includes(key) && isPlain(part));
      return [[name, Object.fromEntries(parts)] as const];
    }),
  );
}

function isPlain(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import type { Inspected } from './inspection.ts';
import type { Role, Token } from './ledger.ts';
import { ownersOf } from './owners.ts';
import { shapeOf } from './shape.ts';

const text = { type: 'string' } as const;
const nullableText = { anyOf: [text, { type: 'null' }] } as const;

/** A point where plugins meet: what it carries, whose it is, and who uses it. */
export const ContributionPoint = defineSchema({
  type: 'object',
  properties: {
    type: { type: 'string', enum: ['hook', 'service', 'event', 'job', 'capability', 'report', 'outlet'] },
    name: text,
    /** Kind of a hook: choose, amend, gate or verify. */
    kind: nullableText,
    /** Plugin that defines or provides it; `null` for what the SDK or a node brings. */
    plugin: nullableText,
    summary: nullableText,
    permission: nullableText,
    /** What it carries, as types written for people. */
    shapes: {
      type: 'array',
      items: {
        type: 'object',
        properties: { of: text, shape: text },
        required: ['of', 'shape'],
        additionalProperties: false,
      },
    },
    usedBy: {
      type: 'array',
      items: {
        type: 'object',
        properties: { plugin: text, role: text },
        required: ['plugin', 'role'],
        additionalProperties: false,
      },
    },
  },
  required: ['type', 'name', 'kind', 'plugin', 'summary', 'permission', 'shapes', 'usedBy'],
  additionalProperties: false,
});
export type ContributionPoint = Infer<typeof ContributionPoint>;

const owning: readonly Role[] = ['defines', 'handles'];

/** Every hook, service, event, job, capability and report that plugins made known so far, by type and name. */
export function contributionPoints(plugins: readonly Pick<Inspected, 'plugin' | 'noted'>[]): ContributionPoint[] {
  const ownerOf = ownersOf(plugins);
  const points = new Map<string, ContributionPoint>();
  for (const { plugin, noted } of plugins) {
    for (const { role, token } of noted) {
      const owned = token.type === 'job' ? plugin : ownerOf(token);
      const key = `${token.type} ${token.type === 'job' ? `${plugin} ` : ''}${token.name}`;
      const point = points.get(key) ?? pointOf(token, owned);
      points.set(key, point);
      if (!owning.includes(role)) point.usedBy.push({ plugin, role });
    }
  }
  for (const point of points.values()) {
    // Of several providers none is the owner.
    if (point.type === 'service' && point.usedBy.filter(({ role }) => role === 'provides').length > 1)
      point.plugin = null;
    point.usedBy.sort((a, b) => compare(`${a.role} ${a.plugin}`, `${b.role} ${b.plugin}`));
  }
  return [...points.values()].sort((a, b) => compare(`${a.type} ${a.name}`, `${b.type} ${b.name}`));
}

function pointOf(token: Token, plugin: string | null): ContributionPoint {
  return {
    type: token.type === 'contract' ? 'service' : token.type,
    name: token.name,
    kind: token.type === 'hook' ? token.kind : null,
    plugin,
    summary: 'summary' in token ? (token.summary ?? null) : null,
    permission: 'permission' in token ? token.permission : null,
    shapes: shapesOf(token),
    usedBy: [],
  };
}

function shapesOf(token: Token): { of: string; shape: string }[] {
  switch (token.type) {
    case 'hook':
      return [
        { of: 'payload', shape: shapeOf(token.payload) },
        ...(token.kind === 'choose' ? [{ of: 'result', shape: shapeOf(token.result) }] : []),
      ];
    case 'contract':
      return Object.entries(token.methods).map(([method, { input, output }]) => ({
        of: method,
        shape: `${shapeOf(input)} → ${shapeOf(output)}`,
      }));
    case 'event':
    case 'report':
      return [{ of: 'payload', shape: shapeOf(token.payload) }];
    case 'job':
      return [{ of: 'input', shape: shapeOf(token.input) }];
    case 'capability':
      return [
        { of: 'input', shape: shapeOf(token.input) },
        { of: 'output', shape: shapeOf(token.output) },
      ];
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

import type { Effect, Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import type { Noted, Token } from './ledger.ts';

const text = { type: 'string' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const nullableText = { anyOf: [text, { type: 'null' }] } as const;
const nullableNumber = { anyOf: [{ type: 'number' }, { type: 'null' }] } as const;

/** What one plugin owns, does and touches, now. */
export const Inspection = defineSchema({
  type: 'object',
  properties: {
    plugin: text,
    state: text,
    /** Known only of a plugin in a process of its own; else `reason` says why it is not. */
    memory: {
      type: 'object',
      properties: { bytes: nullableNumber, reason: nullableText },
      required: ['bytes', 'reason'],
      additionalProperties: false,
    },
    /** What is under way at this moment. */
    now: {
      type: 'object',
      properties: {
        /** Requests in flight; open streams and sockets are not among them. */
        requests: count,
        streams: count,
        sockets: count,
        /** Calls inside its services and taps. */
        calls: count,
        jobs: count,
        /** Units of work on its data; each holds a database connection. */
        units: count,
      },
      required: ['requests', 'streams', 'sockets', 'calls', 'jobs', 'units'],
      additionalProperties: false,
    },
    owns: {
      type: 'array',
      items: {
        type: 'object',
        properties: { kind: text, label: text, size: nullableNumber, unit: nullableText },
        required: ['kind', 'label', 'size', 'unit'],
        additionalProperties: false,
      },
    },
    handlers: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          kind: text,
          label: text,
          calls: count,
          inside: count,
          /** Throws that were no refusals. */
          errors: count,
          p50Ms: nullableNumber,
          p95Ms: nullableNumber,
          lastError: {
            anyOf: [
              {
                type: 'object',
                properties: { at: text, code: text, message: text, source: nullableText },
                required: ['at', 'code', 'message', 'source'],
                additionalProperties: false,
              },
              { type: 'null' },
            ],
          },
        },
        required: ['kind', 'label', 'calls', 'inside', 'errors', 'p50Ms', 'p95Ms', 'lastError'],
        additionalProperties: false,
      },
    },
    /** What it uses of others: `role` is taps, runs, calls, listens, asks or hears. */
    touches: {
      type: 'array',
      items: {
        type: 'object',
        properties: { role: text, type: text, name: text, plugin: nullableText },
        required: ['role', 'type', 'name', 'plugin'],
        additionalProperties: false,
      },
    },
  },
  required: ['plugin', 'state', 'memory', 'now', 'owns', 'handlers', 'touches'],
  additionalProperties: false,
});
export type Inspection = Infer<typeof Inspection>;

/** What there is to look at of one plugin. */
export interface Inspected {
  readonly plugin: string;
  readonly state: string;
  readonly effects: readonly Effect[];
  readonly noted: readonly Noted[];
  /** Requests in flight, with open streams and sockets. */
  readonly requests: number;
  readonly units: number;
  /** Resident memory where the plugin has a process of its own. */
  readonly memoryBytes: number | null;
}

/** Describes a plugin; `ownerOf` says which plugin defines or provides a token. */
export function inspect(one: Inspected, ownerOf: (token: Token) => string | null): Inspection {
  const handlers = one.effects.flatMap(({ kind, handlers: all = [] }) => all.map((handler) => ({ kind, ...handler })));
  const inside = (...kinds: readonly string[]): number =>
    handlers.reduce((sum, { kind, meter }) => sum + (kinds.includes(kind) ? meter.inside : 0), 0);
  const streams = inside('events');
  const sockets = inside('socket');
  return {
    plugin: one.plugin,
    state: one.state,
    memory: {
      bytes: one.memoryBytes,
      reason:
        one.memoryBytes === null ? 'It runs inside the control plane, where memory is shared by all plugins.' : null,
    },
    now: {
      requests: Math.max(0, one.requests - streams - sockets),
      streams,
      sockets,
      calls: inside('service', 'tap'),
      jobs: inside('job'),
      units: one.units,
    },
    owns: one.effects.map(({ kind, label, size }) => ({
      kind,
      label,
      size: size?.now() ?? null,
      unit: size?.unit ?? null,
    })),
    handlers: handlers.map(({ kind, label, meter }) => ({
      kind,
      label,
      calls: meter.calls,
      inside: meter.inside,
      errors: meter.faults,
      p50Ms: rounded(meter.quantileMs(0.5)),
      p95Ms: rounded(meter.quantileMs(0.95)),
      lastError: meter.fault,
    })),
    touches: one.noted
      .filter(({ role }) => role !== 'defines' && role !== 'provides' && role !== 'handles')
      .map(({ role, token }) => ({ role, type: token.type, name: token.name, plugin: ownerOf(token) })),
  };
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Number(ms.toPrecision(3));
}

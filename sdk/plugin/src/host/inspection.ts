import { defineSchema } from '../schema.ts';
import type { Infer } from '../schema.ts';

const text = { type: 'string' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const nullableText = { anyOf: [text, { type: 'null' }] } as const;
const nullableNumber = { anyOf: [{ type: 'number' }, { type: 'null' }] } as const;

/** What one plugin owns, does and touches, now; open, so that a client reads what a newer control plane says. */
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
      additionalProperties: count,
    },
    owns: {
      type: 'array',
      items: {
        type: 'object',
        properties: { kind: text, label: text, size: nullableNumber, unit: nullableText },
        required: ['kind', 'label', 'size', 'unit'],
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
              },
              { type: 'null' },
            ],
          },
        },
        required: ['kind', 'label', 'calls', 'inside', 'errors', 'p50Ms', 'p95Ms', 'lastError'],
      },
    },
    /** What it uses of others: `role` is taps, runs, calls, listens, asks or hears. */
    touches: {
      type: 'array',
      items: {
        type: 'object',
        properties: { role: text, type: text, name: text, plugin: nullableText },
        required: ['role', 'type', 'name', 'plugin'],
      },
    },
  },
  required: ['plugin', 'state', 'memory', 'now', 'owns', 'handlers', 'touches'],
});
export type Inspection = Infer<typeof Inspection>;

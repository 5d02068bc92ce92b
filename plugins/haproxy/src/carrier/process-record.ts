import { readFile } from 'node:fs/promises';
import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

/** Which process HAProxy is, and what it was started with: enough to find it again. */
export const ProcessRecord = defineSchema({
  type: 'object',
  properties: {
    pid: { type: 'integer' },
    /** Start time of the process in clock ticks since boot: tells it from a later one with the same pid. */
    startTime: { type: 'string' },
    socket: { type: 'string' },
    generation: { type: 'integer' },
    host: { type: 'string' },
    port: { type: 'integer' },
    tlsPort: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    sizes: {
      type: 'object',
      properties: {
        'round-robin': { type: 'integer' },
        'least-connections': { type: 'integer' },
        'ip-hash': { type: 'integer' },
        random: { type: 'integer' },
      },
      required: ['round-robin', 'least-connections', 'ip-hash', 'random'],
      additionalProperties: false,
    },
    /** Backends by key of their group. */
    held: { type: 'object', additionalProperties: { type: 'string' } },
  },
  required: ['pid', 'startTime', 'socket', 'generation', 'host', 'port', 'tlsPort', 'sizes', 'held'],
  additionalProperties: false,
});
export type ProcessRecord = Infer<typeof ProcessRecord>;

/** Reads a record; `null` when there is none. */
export async function readProcess(path: string): Promise<ProcessRecord | null> {
  try {
    return validate<ProcessRecord>(ProcessRecord, JSON.parse(await readFile(path, 'utf8')), 'The record of HAProxy');
  } catch {
    return null;
  }
}

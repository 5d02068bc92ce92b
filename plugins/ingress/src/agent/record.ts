import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

/** Which process the router is, and how it was started: enough to find it again, or to start it as before. */
export const RouterRecord = defineSchema({
  type: 'object',
  properties: {
    pid: { type: 'integer' },
    /** Start time of the process in clock ticks since boot: tells it from a later one with the same pid. */
    startTime: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    port: { type: 'integer' },
    host: { type: 'string' },
    version: { type: 'string' },
  },
  required: ['pid', 'startTime', 'port', 'host', 'version'],
  additionalProperties: false,
});
export type RouterRecord = Infer<typeof RouterRecord>;

/** Reads a record; `null` when there is none. */
export async function readRecord(path: string): Promise<RouterRecord | null> {
  try {
    return validate<RouterRecord>(RouterRecord, JSON.parse(await readFile(path, 'utf8')), 'The record of the ingress');
  } catch {
    return null;
  }
}

/** Keeps a record, as a whole or not at all. */
export async function writeRecord(path: string, record: RouterRecord): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Start time of a process as the kernel counts it; `null` when it is gone or the system has no /proc. */
export async function startTimeOf(pid: number): Promise<string | null> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** Ends the recorded process if it is still the same one. */
export async function signalRecorded(record: RouterRecord, signal: NodeJS.Signals): Promise<boolean> {
  if (record.startTime === null || (await startTimeOf(record.pid)) !== record.startTime) return false;
  try {
    return process.kill(record.pid, signal);
  } catch {
    return false;
  }
}

import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Infer } from '../schema.ts';
import { defineSchema } from '../schema.ts';
import { validate } from '../host/validate.ts';

/** Which process an ingress is, and how it was started: enough to find it again, or to start it as before. */
export const ProgramRecord = defineSchema({
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
export type ProgramRecord = Infer<typeof ProgramRecord>;

/** Reads a record; `null` when there is none. */
export async function readRecord(path: string): Promise<ProgramRecord | null> {
  try {
    return validate<ProgramRecord>(
      ProgramRecord,
      JSON.parse(await readFile(path, 'utf8')),
      'The record of the ingress',
    );
  } catch {
    return null;
  }
}

/** Keeps a record, as a whole or not at all. */
export async function writeRecord(path: string, record: ProgramRecord): Promise<void> {
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

/** Whether a process is still the one that had this start time; one that ended and was not yet waited for is not. */
export async function isRunning(pid: number, startTime: string | null): Promise<boolean> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return startTime !== null && fields[0] !== 'Z' && fields[19] === startTime;
  } catch {
    return false;
  }
}

/** Ends the recorded process if it is still the same one. */
export async function signalRecorded(record: ProgramRecord, signal: NodeJS.Signals): Promise<boolean> {
  if (record.startTime === null || (await startTimeOf(record.pid)) !== record.startTime) return false;
  try {
    return process.kill(record.pid, signal);
  } catch {
    return false;
  }
}

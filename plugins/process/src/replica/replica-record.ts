import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Infer } from '@containr/sdk';
import { defineSchema, Id } from '@containr/sdk';
import { ReplicaState } from '@containr/sdk/contracts';
import { CellEntry } from '../isolation/enter.ts';

/** What a supervisor keeps on disk about its replica: enough to adopt it, and nothing secret. */
export const ReplicaRecord = defineSchema({
  type: 'object',
  properties: {
    ...ReplicaState.properties,
    /** The supervisor, by pid and start. */
    supervisor: {
      type: 'object',
      properties: { pid: { type: 'integer' }, startTicks: { type: 'string' } },
      required: ['pid', 'startTicks'],
      additionalProperties: false,
    },
    /** The outermost process of the running command. */
    child: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    groups: { type: 'array', items: { type: 'string' } },
    /** How commands get in; a supervisor of an earlier version did not say. */
    entry: CellEntry,
    replica: Id,
  },
  required: [...ReplicaState.required, 'supervisor', 'child', 'groups'],
  additionalProperties: false,
});
export type ReplicaRecord = Infer<typeof ReplicaRecord>;

/** Writes a record as a whole or not at all. */
export function writeRecord(file: string, record: ReplicaRecord): void {
  const temporary = `${file}.${process.pid}.new`;
  writeFileSync(temporary, JSON.stringify(record), { mode: 0o600 });
  renameSync(temporary, file);
}

/** The record's JSON, unchecked; `null` when there is none. */
export function readRecordFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

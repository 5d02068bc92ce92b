import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Infer, TaskOutcome } from '@containr/sdk';
import { defineSchema, OptionalTimestamp } from '@containr/sdk';
import { Outcome, TaskId } from '@containr/sdk/wire';
import { readJson, writeJson } from './json-file.ts';

const Record = defineSchema({
  type: 'object',
  properties: {
    task: TaskId,
    capability: { type: 'string' },
    /** `null` while it runs. */
    outcome: { anyOf: [Outcome, { type: 'null' }] },
    /** When the control plane took the outcome. */
    takenAt: OptionalTimestamp,
  },
  required: ['task', 'capability', 'outcome', 'takenAt'],
  additionalProperties: false,
});

/** What is known of a task over restarts. Its input is not kept: it may hold secrets. */
export type TaskRecord = Omit<Infer<typeof Record>, 'outcome'> & { outcome: TaskOutcome | null };

const Place = defineSchema({
  type: 'object',
  properties: { offset: { type: 'integer', minimum: 0 } },
  required: ['offset'],
  additionalProperties: false,
});

/** The folder of one task. */
export class TaskFolder {
  readonly path: string;

  constructor(tasks: string, task: string) {
    this.path = join(tasks, task);
  }

  get output(): string {
    return join(this.path, 'output.jsonl');
  }

  save(record: TaskRecord): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    writeJson(join(this.path, 'task.json'), record);
  }

  load(): TaskRecord | null {
    return readJson<TaskRecord>(join(this.path, 'task.json'), Record);
  }

  /** Where shipping goes on; from the beginning when that is not known: a line sent again has the same number. */
  get shipped(): number {
    return readJson<Infer<typeof Place>>(join(this.path, 'shipped.json'), Place)?.offset ?? 0;
  }

  set shipped(offset: number) {
    writeJson(join(this.path, 'shipped.json'), { offset });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Names of the tasks that have a folder. */
export function taskNames(tasks: string): string[] {
  return existsSync(tasks) ? readdirSync(tasks) : [];
}

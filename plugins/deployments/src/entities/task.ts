import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';
import type { TaskOutcome } from '@containr/sdk';

/** Long work that an agent does for a phase; written before it is started, so that none is forgotten. */
export const Task = defineEntity({
  name: 'Task',
  tableName: 'tasks',
  properties: {
    id: p.text().primary(),
    organisation: p.uuid(),
    service: p.uuid(),
    deployment: p.uuid(),
    /** A phase's name, or `repair`. */
    phase: p.text(),
    attempt: p.integer(),
    node: p.text(),
    capability: p.text(),
    /** What it is about, where a phase has several: a replica's id, or the runtime that a build fell back to. */
    subject: p.text().strictNullable(),
    startedAt: p.datetime(),
    endedAt: p.datetime().strictNullable(),
    outcome: p.json().$type<TaskOutcome>().strictNullable(),
  },
});
export type Task = InferEntity<typeof Task>;

import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';
import type { RunDocument, RunStatus, ScheduleDocument } from '../contract.ts';

/** One command in the artifact of what served. */
export const Run = defineEntity({
  name: 'Run',
  tableName: 'runs',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    project: p.uuid(),
    environment: p.uuid(),
    service: p.uuid(),
    deployment: p.uuid().strictNullable(),
    deploymentNumber: p.integer().strictNullable(),
    trigger: p.text().$type<RunDocument['trigger']>(),
    command: p.json().$type<RunDocument['command']>().strictNullable(),
    status: p.text().$type<RunStatus>(),
    exitCode: p.integer().strictNullable(),
    reason: p.text().strictNullable(),
    scheduledFor: p.datetime().strictNullable(),
    overlap: p.text().$type<ScheduleDocument['overlap']>(),
    timeoutMs: p.integer(),
    /** Node that was asked to run it; set before it is asked, so that nothing is forgotten. */
    node: p.text().strictNullable(),
    runtime: p.text().strictNullable(),
    attached: p.boolean().default(false),
    /** Until then its connection is taken for alive. */
    attachedUntil: p.datetime().strictNullable(),
    /** Why it is to end before its end; `null`: it is not. */
    cancelReason: p.text().strictNullable(),
    createdBy: p.text(),
    createdAt: p.datetime(),
    startedAt: p.datetime().strictNullable(),
    endedAt: p.datetime().strictNullable(),
  },
});
export type Run = InferEntity<typeof Run>;

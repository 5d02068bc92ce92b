import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';
import type { ScheduleDocument } from '../contract.ts';

/** When a service runs next, as the revision that is live says. */
export const Schedule = defineEntity({
  name: 'Schedule',
  tableName: 'schedules',
  properties: {
    /** The service's. */
    id: p.uuid().primary(),
    service: p.uuid(),
    organisation: p.uuid(),
    project: p.uuid(),
    environment: p.uuid(),
    schedule: p.text(),
    timeZone: p.text(),
    overlap: p.text().$type<ScheduleDocument['overlap']>(),
    timeoutMs: p.integer(),
    /** `null`: never again. */
    nextAt: p.datetime().strictNullable(),
  },
});
export type Schedule = InferEntity<typeof Schedule>;

import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';
import type { OneOffWindow, WeeklyWindow } from '../contract.ts';

/** A time in which an environment is not to change. Of `weekly` and `once` one is set. */
export const Freeze = defineEntity({
  name: 'Freeze',
  tableName: 'freezes',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    project: p.uuid(),
    environment: p.uuid(),
    name: p.text(),
    weekly: p.json<WeeklyWindow>().strictNullable(),
    once: p.json<OneOffWindow>().strictNullable(),
    /** Whether rollbacks are let through. */
    rollback: p.boolean(),
    createdBy: p.text(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});
export type Freeze = InferEntity<typeof Freeze>;

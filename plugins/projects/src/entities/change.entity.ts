import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';
import { availabilities, variableKinds, variableScopes } from './variable.entity.ts';

/** What a staged change is about. */
export const changeTargets = ['variable', 'spec'] as const;

/** A change that waits to be applied, together with the others of its environment. One per variable, and one per spec. */
export const Change = defineEntity({
  name: 'Change',
  tableName: 'changes',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    project: p.uuid(),
    /** Where it is collected and applied. */
    environment: p.uuid(),
    target: p.enum(changeTargets),
    scope: p.enum(variableScopes),
    /** Id of the project, environment or service whose variable or spec it is. */
    owner: p.uuid(),
    /** Of the variable; empty for a spec. */
    name: p.text(),
    /** `null` for a spec, and for a variable that goes. */
    kind: p.enum(variableKinds).strictNullable(),
    available: p.enum(availabilities).strictNullable(),
    /** As it is for `plain`, sealed under this change's id for the others; `null` for a spec, and for a variable that goes. */
    value: p.text().strictNullable(),
    /** JSON merge patch of a spec. */
    patch: p.json<Record<string, unknown>>().strictNullable(),
    /** What it was made from, to tell when that has changed since. */
    base: p.json<unknown>().strictNullable(),
    createdBy: p.text(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});
export type Change = InferEntity<typeof Change>;

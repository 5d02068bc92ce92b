import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';
import type { KeptVariable } from '../variables/kept.ts';
import { variableScopes } from './variable.entity.ts';

/** What one change did to one variable; `null` where there was, or is, none. Secret values stay sealed. */
export interface VariableChange {
  readonly name: string;
  readonly before: KeptVariable | null;
  readonly after: KeptVariable | null;
}

/** One change of the variables of an owner: who, when, and each variable before and after. Never changed. */
export const VariableVersion = defineEntity({
  name: 'VariableVersion',
  tableName: 'variable_versions',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    scope: p.enum(variableScopes),
    /** Id of the project, environment or service. */
    owner: p.uuid(),
    /** Grows by one in its owner. */
    number: p.integer(),
    reason: p.text(),
    /** Version that this one brought back. */
    restored: p.integer().strictNullable(),
    changes: p.json<VariableChange[]>(),
    createdBy: p.text(),
    createdAt: p.datetime(),
  },
});
export type VariableVersion = InferEntity<typeof VariableVersion>;

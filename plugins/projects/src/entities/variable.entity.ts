import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** How a variable's value is kept. */
export const variableKinds = ['plain', 'secret', 'sealed'] as const;

/** Whose variable it is; the nearer one wins. */
export const variableScopes = ['project', 'environment', 'service'] as const;
export type VariableScope = (typeof variableScopes)[number];

/** A variable of a project, environment or service. */
export const Variable = defineEntity({
  name: 'Variable',
  tableName: 'variables',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    scope: p.enum(variableScopes),
    /** Id of the project, environment or service. */
    owner: p.uuid(),
    name: p.text(),
    kind: p.enum(variableKinds),
    /** As it is for `plain`, sealed under this variable's id for the others. */
    value: p.text(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});
export type Variable = InferEntity<typeof Variable>;

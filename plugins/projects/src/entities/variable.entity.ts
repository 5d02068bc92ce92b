import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';
import type { Reference } from '../references/parse.ts';

/** How a variable's value is kept. */
export const variableKinds = ['plain', 'secret', 'sealed'] as const;

/** Whose variable it is; the nearer one wins. */
export const variableScopes = ['project', 'environment', 'service'] as const;
export type VariableScope = (typeof variableScopes)[number];

/** Who gets a variable. What is secret never reaches a build, whatever stands here. */
export const availabilities = ['both', 'build', 'run'] as const;

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
    available: p.enum(availabilities),
    /** What its value refers to, in clear; `null` when to nothing. */
    refs: p.json<Reference[]>().strictNullable(),
    /** Whether who wrote it may set sealed variables: only then a sealed value flows into it by a reference. */
    mayUseSealed: p.boolean(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});
export type Variable = InferEntity<typeof Variable>;

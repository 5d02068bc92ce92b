import type { Infer, Principal } from '@containr/sdk';
import { can, ContainrError, defineSchema, Id } from '@containr/sdk';
import { Availability, VariableKind } from '../contract.ts';
import { VariableName, VariableValue } from '../variables/written.ts';

const owners = { service: Id, environment: Id, project: Id } as const;

/** What may be staged, or applied at once: a variable, a whole text of variables, a spec. Exactly one of the three. */
export const WantedChange = defineSchema({
  type: 'object',
  properties: {
    variable: {
      type: 'object',
      properties: {
        ...owners,
        name: VariableName,
        /** `null` takes it away. */
        value: { anyOf: [VariableValue, { type: 'null' }] },
        /** Left out: as it is, `plain` for a new one. */
        kind: VariableKind,
        available: Availability,
      },
      required: ['name', 'value'],
      additionalProperties: false,
    },
    text: {
      type: 'object',
      properties: {
        ...owners,
        text: { type: 'string', maxLength: 1_000_000 },
        merge: { type: 'boolean' },
        kind: VariableKind,
      },
      required: ['text'],
      additionalProperties: false,
    },
    spec: {
      type: 'object',
      properties: { service: Id, patch: { type: 'object' } },
      required: ['service', 'patch'],
      additionalProperties: false,
    },
  },
  minProperties: 1,
  maxProperties: 1,
  additionalProperties: false,
});
export type WantedChange = Infer<typeof WantedChange>;

/** Whoever stages or applies needs what a direct change needs. Throws `FORBIDDEN`. */
export function requireFor(principal: Principal, targets: Iterable<'variable' | 'spec'>): void {
  const needed = { variable: 'variable:write', spec: 'service:write' } as const;
  for (const target of new Set(targets)) requirePermission(principal, needed[target]);
}

/** Throws `FORBIDDEN` when the principal lacks a permission. */
export function requirePermission(principal: Principal, permission: string): void {
  if (can(principal, permission)) return;
  throw new ContainrError({
    code: 'FORBIDDEN',
    status: 403,
    detail: `This needs the permission ${permission}.`,
    hint: 'Ask an owner of the organisation for it.',
  });
}

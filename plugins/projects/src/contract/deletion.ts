import type { Infer } from '@containr/sdk';
import { defineHook, defineSchema, Id } from '@containr/sdk';

/** Things of one kind that a deletion takes along. */
export const GoingDocument = defineSchema({
  type: 'object',
  properties: {
    /** For people, in the plural: `services`, `domains`. */
    what: { type: 'string' },
    count: { type: 'integer' },
    /** Names of the first 50; none where they have none. */
    names: { type: 'array', items: { type: 'string' }, maxItems: 50 },
  },
  required: ['what', 'count', 'names'],
  additionalProperties: false,
});
export type GoingDocument = Infer<typeof GoingDocument>;

/** What deletes with a project, an environment or a service. Kinds of which there is nothing are left out. */
export const DeletionDocument = defineSchema({
  type: 'object',
  properties: {
    /** Slug that confirms the deletion. */
    confirm: { type: 'string' },
    goes: { type: 'array', items: GoingDocument },
  },
  required: ['confirm', 'goes'],
  additionalProperties: false,
});
export type DeletionDocument = Infer<typeof DeletionDocument>;

/** Adds what other plugins delete with these services, all of one organisation. */
export const DeletionDescribe = defineHook({
  name: 'deletion.describe',
  kind: 'amend',
  payload: {
    type: 'object',
    properties: {
      organisation: Id,
      services: { type: 'array', items: Id },
      goes: { type: 'array', items: GoingDocument },
    },
    required: ['organisation', 'services', 'goes'],
    additionalProperties: false,
  },
  summary: 'Adds what a deletion of services would take along',
});

/** So many of a kind, named as far as a list may; what there is none of is left out. */
export function going(what: string, names: readonly string[]): GoingDocument[] {
  return names.length === 0 ? [] : [{ what, count: names.length, names: names.slice(0, 50) }];
}

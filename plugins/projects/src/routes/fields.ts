import { defineSchema, Id, Slug } from '@containr/sdk';

/** What people call it. */
export const Name = { type: 'string', minLength: 1, maxLength: 100, pattern: '\\S' } as const;

/** A path's id. */
export const ById = defineSchema({
  type: 'object',
  properties: { id: Id },
  required: ['id'],
  additionalProperties: false,
});

/** Query of a deletion: the slug, as a confirmation. */
export const Confirm = defineSchema({ type: 'object', properties: { confirm: Slug }, additionalProperties: false });

import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** What an environment is for. */
export const environmentKinds = ['production', 'preview', 'development', 'named'] as const;

/** One stage of a project. */
export const Environment = defineEntity({
  name: 'Environment',
  tableName: 'environments',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    project: p.uuid(),
    slug: p.text(),
    name: p.text(),
    kind: p.enum(environmentKinds),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});
export type Environment = InferEntity<typeof Environment>;

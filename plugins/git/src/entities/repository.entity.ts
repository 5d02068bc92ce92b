import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** The repository of a service, and what was last deployed from it. */
export const Repository = defineEntity({
  name: 'Repository',
  tableName: 'repositories',
  properties: {
    service: p.uuid().primary(),
    organisation: p.uuid(),
    createdAt: p.datetime(),
    /** Branch and commit of the last deployment that a push asked for. */
    requestedBranch: p.text().strictNullable(),
    requestedCommit: p.text().strictNullable(),
  },
});
export type Repository = InferEntity<typeof Repository>;

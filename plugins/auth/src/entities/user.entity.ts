import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** A person with an account; of the install, not of one organisation. */
export const User = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: {
    id: p.uuid().primary(),
    /** Lower case. */
    email: p.text(),
    name: p.text(),
    passwordHash: p.text(),
    createdAt: p.datetime(),
  },
});
export type User = InferEntity<typeof User>;

import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** An API token of one organisation; its secret is kept as a hash only. */
export const Token = defineEntity({
  name: 'Token',
  tableName: 'tokens',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    /** Who made it; it can never do more than this user. */
    userId: p.uuid(),
    name: p.text(),
    prefix: p.text(),
    hash: p.text(),
    scopes: p.json<string[]>(),
    createdAt: p.datetime(),
    lastUsedAt: p.datetime().nullable(),
    expiresAt: p.datetime().nullable(),
  },
});
export type Token = InferEntity<typeof Token>;

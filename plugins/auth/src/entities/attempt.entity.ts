import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** Failed sign-ins of one account from one address. */
export const Attempt = defineEntity({
  name: 'Attempt',
  tableName: 'attempts',
  properties: {
    /** Hash of account and address: neither is readable here. */
    key: p.text().primary(),
    count: p.integer(),
    windowEndsAt: p.datetime(),
  },
});
export type Attempt = InferEntity<typeof Attempt>;

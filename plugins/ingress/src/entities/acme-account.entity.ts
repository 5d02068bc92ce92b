import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** This install's account with an ACME authority. */
export const AcmeAccount = defineEntity({
  name: 'AcmeAccount',
  tableName: 'acme_accounts',
  properties: {
    id: p.uuid().primary(),
    directory: p.text(),
    url: p.text(),
    /** PEM, sealed under the id. */
    key: p.text(),
    createdAt: p.datetime(),
  },
});
export type AcmeAccount = InferEntity<typeof AcmeAccount>;

import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';
import type { QuotaLimits } from '../contract.ts';

/** What an organisation may have; one without a row has no limits. */
export const Quota = defineEntity({
  name: 'Quota',
  tableName: 'quotas',
  properties: {
    organisation: p.uuid().primary(),
    limits: p.json().$type<QuotaLimits>(),
    updatedBy: p.text(),
    updatedAt: p.datetime(),
  },
});
export type Quota = InferEntity<typeof Quota>;

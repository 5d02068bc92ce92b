import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** A proof that the ingress answers for an authority (RFC 8555 8.3) until it is not asked for any more. */
export const Challenge = defineEntity({
  name: 'Challenge',
  tableName: 'challenges',
  properties: {
    host: p.text().primary(),
    path: p.text().primary(),
    body: p.text(),
    until: p.datetime(),
  },
});
export type Challenge = InferEntity<typeof Challenge>;

import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** A host name that an organisation claims, and owns once it was shown to lead here. */
export const Host = defineEntity({
  name: 'Host',
  tableName: 'hosts',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    /** Lower case; `*.example.org` for all names one label below. */
    host: p.text(),
    /** What the proof has to hold; no secret. */
    token: p.text(),
    verifiedAt: p.datetime().strictNullable(),
    /** How it was shown: by its DNS records, which outweighs the rest; by an answer over HTTP; or taken on trust. */
    proof: p.enum(['dns', 'http', 'trust'] as const).strictNullable(),
    checkedAt: p.datetime().strictNullable(),
    problem: p.text().strictNullable(),
    /** When it is checked next by itself; `null`: only when asked for. */
    nextCheckAt: p.datetime().strictNullable(),
    checks: p.integer(),
    createdAt: p.datetime(),
  },
});
export type Host = InferEntity<typeof Host>;

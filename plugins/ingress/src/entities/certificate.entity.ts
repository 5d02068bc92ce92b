import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** The certificate of a host: ordered by itself, or given by its owner. */
export const Certificate = defineEntity({
  name: 'Certificate',
  tableName: 'certificates',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    hostId: p.uuid(),
    source: p.enum(['acme', 'own'] as const),
    /** `issuing` while the authority is asked; what was valid before goes on meanwhile, and after a failure. */
    state: p.enum(['waiting', 'issuing', 'valid', 'failed'] as const),
    /** PEM, leaf first. */
    chain: p.text().strictNullable(),
    /** PEM, sealed under the id. */
    key: p.text().strictNullable(),
    issuer: p.text().strictNullable(),
    notBefore: p.datetime().strictNullable(),
    notAfter: p.datetime().strictNullable(),
    problem: p.text().strictNullable(),
    hint: p.text().strictNullable(),
    tries: p.integer(),
    /** When it is ordered or renewed next; `null`: not by itself. */
    nextTryAt: p.datetime().strictNullable(),
    updatedAt: p.datetime(),
  },
});
export type Certificate = InferEntity<typeof Certificate>;

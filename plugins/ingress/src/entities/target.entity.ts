import type { Upstream } from '@containr/sdk/contracts';
import { balances } from '@containr/sdk/contracts';
import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** Where the requests of a service go now. */
export const Target = defineEntity({
  name: 'Target',
  tableName: 'targets',
  properties: {
    service: p.uuid().primary(),
    organisation: p.uuid(),
    deployment: p.uuid().strictNullable(),
    upstreams: p.json<Upstream[]>(),
    /** How one of them is chosen. */
    balance: p.enum(balances),
    /** Until when its requests wait for the next switch. */
    heldUntil: p.datetime().nullable(),
    updatedAt: p.datetime(),
  },
});
export type Target = InferEntity<typeof Target>;

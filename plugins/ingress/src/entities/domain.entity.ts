import type { RouteHeader } from '@containr/sdk/contracts';
import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** A name and hash of who may pass. */
export interface PassingUser {
  readonly name: string;
  /** `scrypt$<salt>$<hash>`. */
  readonly hash: string;
}

/** A custom domain: host and path of a service. */
export const Domain = defineEntity({
  name: 'Domain',
  tableName: 'domains',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    service: p.uuid(),
    hostId: p.uuid(),
    /** Starts and ends with `/`. */
    path: p.text(),
    redirectTo: p.text().strictNullable(),
    https: p.enum(['redirect', 'both'] as const),
    headers: p.json<RouteHeader[]>(),
    users: p.json<PassingUser[]>(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});
export type Domain = InferEntity<typeof Domain>;

import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';
import type { ServiceSpec } from '../contract.ts';
import type { KeptVariable, Links } from '../variables/kept.ts';
import { SpecType } from './spec-type.ts';

/** What a service should have been at one time: spec and variables. Never changed. */
export const Revision = defineEntity({
  name: 'Revision',
  tableName: 'revisions',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    service: p.uuid(),
    number: p.integer(),
    spec: p.type(SpecType).$type<ServiceSpec>(),
    /** Sealed values stay sealed, under the id of their variable. */
    variables: p.json<KeptVariable[]>(),
    /** What these refer to in other services and in what is shared, as it was: a revision stands alone. */
    links: p.json<Links>(),
    reason: p.text(),
    createdBy: p.text(),
    createdAt: p.datetime(),
  },
});
export type Revision = InferEntity<typeof Revision>;

import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';
import type { ServiceSpec } from '../contract.ts';
import { SpecType } from './spec-type.ts';

/** What a service does. */
export const serviceKinds = ['web', 'worker', 'cron', 'database', 'static'] as const;

/** Something that runs; its newest spec and revision stand here too, so that lists need no second look. */
export const Service = defineEntity({
  name: 'Service',
  tableName: 'services',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    project: p.uuid(),
    environment: p.uuid(),
    slug: p.text(),
    name: p.text(),
    kind: p.enum(serviceKinds),
    revision: p.integer(),
    spec: p.type(SpecType).$type<ServiceSpec>(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});
export type Service = InferEntity<typeof Service>;

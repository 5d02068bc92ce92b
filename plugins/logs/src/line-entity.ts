import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** One line as it is stored. */
export const Line = defineEntity({
  name: 'Line',
  tableName: 'lines',
  properties: {
    cursor: p.bigint().primary().autoincrement(),
    organisation: p.uuid(),
    service: p.uuid(),
    deployment: p.uuid().strictNullable(),
    phase: p.text().strictNullable(),
    source: p.text(),
    seq: p.bigint(),
    at: p.datetime(),
    stream: p.text().$type<'stdout' | 'stderr' | 'system'>(),
    text: p.text(),
  },
});
export type Line = InferEntity<typeof Line>;

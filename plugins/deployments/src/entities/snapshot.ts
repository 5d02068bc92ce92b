import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** An organisation's right to a snapshot; the file is shared by content. */
export const Snapshot = defineEntity({
  name: 'Snapshot',
  tableName: 'snapshots',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    treeHash: p.text(),
    sizeBytes: p.bigint('number'),
    entries: p.integer(),
    createdAt: p.datetime(),
    usedAt: p.datetime(),
  },
});
export type Snapshot = InferEntity<typeof Snapshot>;

import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';

/** A replica: what is wanted of it, and what its node last said. */
export const Replica = defineEntity({
  name: 'Replica',
  tableName: 'replicas',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    service: p.uuid(),
    deployment: p.uuid(),
    node: p.text(),
    runtime: p.text(),
    /** `candidate`: started, not yet known to be healthy; `serving`: takes requests; `leaving`: its successor on another node does. */
    role: p.text().$type<'candidate' | 'serving' | 'leaving'>(),
    desired: p.text().$type<'running' | 'stopped'>(),
    /** `pending`: not asked for yet; `gone`: stopped and removed. */
    state: p.text().$type<'pending' | 'starting' | 'running' | 'exited' | 'gone'>(),
    /** Why it is on this node. */
    reason: p.text().strictNullable(),
    exitCode: p.integer().strictNullable(),
    outOfMemory: p.boolean().default(false),
    restarts: p.integer().default(0),
    /** Restarts when it was switched to: more in the watch window is a crash. */
    restartsAtSwitch: p.integer().strictNullable(),
    address: p.text().strictNullable(),
    port: p.integer().strictNullable(),
    isolation: p.text().strictNullable(),
    startedAt: p.datetime().strictNullable(),
    endedAt: p.datetime().strictNullable(),
    observedAt: p.datetime().strictNullable(),
    /** Replica that this one takes over from. */
    replaces: p.uuid().strictNullable(),
    /** How often in a row it was replaced. */
    tries: p.integer().default(0),
    /** With `leaving`: when it is stopped even if requests are open. */
    leaveBy: p.datetime().strictNullable(),
    /** Why it can't leave a node that is being drained. */
    stuck: p.text().strictNullable(),
    createdAt: p.datetime(),
  },
});
export type Replica = InferEntity<typeof Replica>;

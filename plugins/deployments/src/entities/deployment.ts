import type { InferEntity } from '@mikro-orm/core';
import { defineEntity, p } from '@mikro-orm/core';
import type { Artifact, BuildPlan } from '@containr/sdk/contracts';
import type { Frozen, ServiceSpec } from '@containr/plugin-projects/contract';
import type { SlotKind } from '../queue/decide.ts';
import type { Cause, DeploymentSource, DeploymentStatus, Override, PhaseName } from '../contract.ts';
import { SpecType } from './spec-type.ts';

/** An attempt to make one revision live. Source, revision and spec never change; status, phase and what phases found out do. */
export const Deployment = defineEntity({
  name: 'Deployment',
  tableName: 'deployments',
  properties: {
    id: p.uuid().primary(),
    organisation: p.uuid(),
    project: p.uuid(),
    environment: p.uuid(),
    service: p.uuid(),
    serviceKind: p.text(),
    /** For people and for names of images: the service's slug with its project's. */
    name: p.text(),
    /** Grows by one in its service; also the fencing epoch of its replicas. */
    number: p.integer(),
    status: p.text().$type<DeploymentStatus>(),
    phase: p.text().$type<PhaseName>().strictNullable(),
    cause: p.json().$type<Cause>().strictNullable(),
    /** What went wrong without failing it. */
    notices: p.json().$type<Cause[]>().default([]),
    source: p.json().$type<DeploymentSource>(),
    revision: p.integer(),
    spec: p.type(SpecType).$type<ServiceSpec>(),
    runtime: p.text().strictNullable(),
    plan: p.json().$type<BuildPlan>().strictNullable(),
    artifact: p.json().$type<Artifact>().strictNullable(),
    /** Names the artifact among all (`artifactKey`); `null` when it is no node's own. */
    artifactKey: p.text().strictNullable(),
    /** When a clean-up removed the artifact: nobody begins to use it any more. */
    artifactRemovedAt: p.datetime().strictNullable(),
    /** Its artifact and source are kept whatever else goes. */
    pinned: p.boolean().default(false),
    serviceDeletedAt: p.datetime().strictNullable(),
    /** Builds even if an artifact of the same content is there. */
    rebuild: p.boolean().default(false),
    /** Deployments, by id, that have to be switched to before it begins. */
    after: p.json<string[]>(),
    /** Applied changes that it was begun for. */
    application: p.uuid().strictNullable(),
    /** Digest of the variables that its build sees; `null` when they could not be opened. */
    buildDigest: p.text().strictNullable(),
    /** Slot that it holds while it runs, or waits for while it is queued. */
    slot: p.text().$type<SlotKind>().strictNullable(),
    slotNode: p.text().strictNullable(),
    /** Since when it waits or holds. */
    slotSince: p.datetime().strictNullable(),
    /** What its environment is frozen by while that keeps it from beginning. */
    held: p.json().$type<Frozen>().strictNullable(),
    override: p.json().$type<Override>().strictNullable(),
    cancelRequested: p.boolean().default(false),
    /** Deployment that was live before the switch, to go back to. */
    previous: p.uuid().strictNullable(),
    rollbackOf: p.uuid().strictNullable(),
    /** Deployment of another environment whose artifact it takes as it is. What follows it without a build keeps it. */
    promotedFrom: p.uuid().strictNullable(),
    supersededBy: p.uuid().strictNullable(),
    createdBy: p.text(),
    createdAt: p.datetime(),
    liveAt: p.datetime().strictNullable(),
    watchUntil: p.datetime().strictNullable(),
    endedAt: p.datetime().strictNullable(),
  },
});
export type Deployment = InferEntity<typeof Deployment>;

import { definePlugin, NodeChanged, NodeLeave, NodeRemoved } from '@containr/sdk';
import { Source } from '@containr/sdk/contracts';
import { LentSources } from '@containr/sdk/host';
import { Routes } from '@containr/plugin-ingress/contract';
import { Logs } from '@containr/plugin-logs/contract';
import {
  DeletionDescribe,
  Projects,
  QuotaDescribe,
  Quotas,
  Rollout,
  ServiceDeleted,
  ServiceDescribe,
} from '@containr/plugin-projects/contract';
import { listenToAgents } from './agents.ts';
import { artifactRoutes } from './artifacts/routes.ts';
import { openArtifactStore } from './artifacts/store.ts';
import { cleanUp, KeepClean, RunCleanUp } from './clean-up/run.ts';
import { DeployGate, DeploymentChanged, Deployments } from './contract.ts';
import { describeGoing } from './deletion.ts';
import { describeServices } from './describe.ts';
import { advance } from './engine/advance.ts';
import { Advance, Repair } from './engine/job.ts';
import { repair } from './engine/repair.ts';
import type { Road } from './engine/road.ts';
import { serviceGone } from './engine/service-gone.ts';
import { sweep } from './engine/sweep.ts';
import { CleanUp } from './entities/clean-up.ts';
import { Deployment } from './entities/deployment.ts';
import { Phase } from './entities/phase.ts';
import { Removal } from './entities/removal.ts';
import { Replica } from './entities/replica.ts';
import { Snapshot } from './entities/snapshot.ts';
import { Task } from './entities/task.ts';
import { implementRollout } from './rollout.ts';
import { implementDeployments } from './implementation.ts';
import { init } from './migrations/0001-init.ts';
import { taskSubject } from './migrations/0002-task-subject.ts';
import { buildDigest } from './migrations/0003-build-digest.ts';
import { notices } from './migrations/0004-notices.ts';
import { after } from './migrations/0005-after.ts';
import { promotion } from './migrations/0006-promotion.ts';
import { slots } from './migrations/0007-slots.ts';
import { cleanUp as cleanUpTables } from './migrations/0008-clean-up.ts';
import { useOfBuilds } from './queue/quota.ts';
import { freezes } from './migrations/0009-freezes.ts';
import { moves } from './migrations/0011-moves.ts';
import { nodeChanged } from './nodes/changed.ts';
import { mayLeave } from './nodes/leave.ts';
import { nodeRemoved } from './nodes/removed.ts';
import { cleanUpRoutes } from './routes/clean-up.ts';
import { compareRoute } from './routes/compare.ts';
import { drainRoutes } from './routes/drains.ts';
import { listIndexes } from './migrations/0012-list-indexes.ts';
import { deploymentRoutes } from './routes/deployments.ts';
import { historyRoutes } from './routes/history.ts';
import { freezeRoutes } from './routes/freeze.ts';
import { pinRoute } from './routes/pin.ts';
import { uploadRoutes } from './routes/uploads.ts';
import { Settings } from './settings.ts';
import { openSnapshotStore } from './snapshots/store.ts';
import { createBackground } from './engine/background.ts';

/** Of the process, not of one set-up: a plan that runs while this plugin is set up anew goes on reading from the next one. */
const sources = new LentSources();

export default definePlugin({
  settings: Settings,
  entities: [Deployment, Phase, Task, Replica, Snapshot, Removal, CleanUp],
  migrations: [
    init,
    taskSubject,
    buildDigest,
    notices,
    after,
    promotion,
    slots,
    cleanUpTables,
    freezes,
    moves,
    listIndexes,
  ],
  async setup(ctx) {
    const road: Road = {
      ctx,
      snapshots: await openSnapshotStore(ctx.directory),
      artifacts: await openArtifactStore(ctx.directory),
      sources,
      projects: ctx.services.get(Projects),
      quotas: ctx.services.get(Quotas),
      routes: ctx.services.get(Routes),
      logs: ctx.services.get(Logs),
      rest: { suspended: false },
      background: createBackground(ctx),
    };
    ctx.hooks.define(DeployGate);
    ctx.events.define(DeploymentChanged);
    ctx.services.provide(Deployments, implementDeployments(road));
    ctx.services.provide(Rollout, implementRollout(road));
    ctx.services.provide(Source, road.sources);
    ctx.jobs.handle(Advance, (run) => advance(road, run.input, AbortSignal.any([run.signal, ctx.signal])));
    ctx.jobs.handle(Repair, (run) => repair(road, run.input));
    ctx.jobs.handle(KeepClean, () => cleanUp(road, null), { schedule: '23 * * * *' });
    ctx.jobs.handle(RunCleanUp, (job) => cleanUp(road, job.input.run));
    ctx.hooks.tap(ServiceDescribe, async ({ services }) => ({ services: await describeServices(road, services) }));
    ctx.hooks.tap(DeletionDescribe, async (of) => ({ ...of, goes: [...of.goes, ...(await describeGoing(road, of))] }));
    ctx.hooks.tap(QuotaDescribe, async ({ organisation, items }) => {
      const use = await useOfBuilds(road, organisation);
      const { buildsPerOrganisation } = ctx.settings.current;
      return {
        organisation,
        items: [
          ...items,
          { resource: 'builds' as const, used: use.builds, limit: buildsPerOrganisation },
          { resource: 'artifactBytes' as const, used: use.artifactBytes, limit: null },
        ],
      };
    });
    ctx.hooks.tap(NodeLeave, (leaving) => mayLeave(road, leaving));
    ctx.events.on(NodeChanged, ({ payload }) => nodeChanged(road, payload.node));
    ctx.events.on(NodeRemoved, ({ payload }) => nodeRemoved(road, payload.node));
    ctx.events.on(ServiceDeleted, ({ payload }) => serviceGone(road, payload));
    listenToAgents(road);
    deploymentRoutes(road);
    pinRoute(road);
    compareRoute(road);
    historyRoutes(road);
    cleanUpRoutes(road);
    freezeRoutes(road);
    uploadRoutes(road);
    artifactRoutes(road);
    drainRoutes(road);
    ctx.repeat('sweep', 10_000, (signal) => sweep(road, signal));
  },
});

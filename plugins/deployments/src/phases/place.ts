import { ContainrError } from '@containr/sdk';
import { causes } from '../causes.ts';
import { Replica } from '../entities/replica.ts';
import { presentCounts } from '../engine/present-counts.ts';
import { whereabouts } from '../engine/whereabouts.ts';
import { artifactOf, wantedReplicas } from '../engine/findings.ts';
import { note } from '../engine/notes.ts';
import type { Road } from '../engine/road.ts';
import { inMs, now, storeOf } from '../engine/road.ts';
import { place as decide } from '../placement/place.ts';
import type { PhaseWork } from './phase-work.ts';

/** Decides on which nodes the replicas run, and writes them down; nothing is started yet. */
export const place: PhaseWork = {
  timeoutMs: (road) => 60_000 + road.ctx.settings.current.nodeWaitMs,
  needs: async (_, { deployment }) => (wantedReplicas(deployment) === 0 ? null : { kind: 'rollout', node: null }),
  async run(road, { deployment, phase, replicas }) {
    if (replicas.length > 0) return { kind: 'done', message: summary(replicas.length) };
    const artifact = artifactOf(deployment);
    const nodes = await road.ctx.agents.nodes();
    const { resources } = deployment.spec;
    const count = wantedReplicas(deployment);
    const has = await whereabouts(road, artifact, nodes);
    const placement = decide(
      nodes,
      { replicas: count, runtime: artifact.runtime, resources, has },
      await presentCounts(road),
    );
    if (!placement.fits) {
      const waited = now(road).getTime() - (phase.startedAt ?? now(road)).getTime();
      const absent = nodes.every((node) => node.state !== 'reachable') || (!has.anywhere && has.nodes.length === 0);
      if (absent && waited < road.ctx.settings.current.nodeWaitMs) return { kind: 'wait', at: inMs(road, 1000) };
      throw new ContainrError({
        code: 'NO_NODE_FITS',
        status: 503,
        detail: `No node can take it: ${placement.reasons.join('; ')}.`,
        hint: causes.NO_NODE_FITS.hint,
      });
    }
    await storeOf(road, deployment.organisation).transaction(async (unit) => {
      for (const { node, reason } of placement.decisions) {
        unit.em.create(Replica, newReplica(road, deployment, { node, runtime: artifact.runtime, reason }), {
          persist: true,
        });
      }
      await unit.em.flush();
    });
    await note(
      road,
      deployment,
      'place',
      'place',
      placement.decisions.map(({ reason }, index) => `Replica ${index + 1}: ${reason}`),
    );
    if (deployment.serviceKind === 'cron')
      return { kind: 'done', skipped: true, message: 'It runs by its schedule, and has no replica in between.' };
    return { kind: 'done', message: summary(placement.decisions.length) };
  },
};

function summary(count: number): string {
  return count === 1 ? '1 replica' : `${count} replicas`;
}

/** A replica's row before anything is known of it. */
export function newReplica(
  road: Road,
  deployment: { id: string; organisation: string; service: string },
  where: { node: string; runtime: string; reason: string; replaces?: string; tries?: number },
) {
  return {
    id: road.ctx.random.id(),
    organisation: deployment.organisation,
    service: deployment.service,
    deployment: deployment.id,
    node: where.node,
    runtime: where.runtime,
    role: 'candidate' as const,
    desired: 'running' as const,
    state: 'pending' as const,
    reason: where.reason,
    exitCode: null,
    restartsAtSwitch: null,
    address: null,
    port: null,
    isolation: null,
    startedAt: null,
    endedAt: null,
    observedAt: null,
    replaces: where.replaces ?? null,
    tries: where.tries ?? 0,
    leaveBy: null,
    stuck: null,
    createdAt: now(road),
  };
}

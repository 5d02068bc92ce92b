import type { ScopedStore } from '@containr/sdk';
import type { Road } from '../engine/road.ts';
import { now } from '../engine/road.ts';
import type { Policy, Proposal } from './decide.ts';
import { decideCleanUp } from './decide.ts';
import type { Candidate } from './facts.ts';
import { artifactCandidates, snapshotCandidates } from './facts.ts';

/** What a clean-up would do now. */
export interface CleanUpPlan {
  readonly artifacts: readonly Candidate[];
  readonly snapshots: readonly Candidate[];
  readonly ofArtifacts: Proposal;
  readonly ofSnapshots: Proposal;
}

const dayMs = 86_400_000;

/** Clean-ups look at everything that takes room, whose ever it is. */
export function everything(road: Road): ScopedStore {
  return road.ctx.store.system('a clean-up frees room on nodes that all organisations share');
}

/** Looks at what is there and decides. Artifacts on nodes that can't be reached are left alone. */
export async function planCleanUp(road: Road): Promise<CleanUpPlan> {
  const nodes = (await road.ctx.agents.nodes()).filter((node) => node.state !== 'unknown');
  const reachable = new Set(nodes.map((node) => node.id));
  const found = await everything(road).transaction(async (unit) => ({
    artifacts: await artifactCandidates(unit, reachable),
    snapshots: await snapshotCandidates(unit),
  }));
  const at = now(road).getTime();
  return {
    ...found,
    ofArtifacts: decideCleanUp(found.artifacts, artifactPolicy(road), at),
    ofSnapshots: decideCleanUp(found.snapshots, snapshotPolicy(road), at),
  };
}

/** How much of artifacts is kept. */
export function artifactPolicy(road: Road): Policy {
  const { keepVersions, artifactDays, artifactsPerService, nodeBudgetBytes } = road.ctx.settings.current;
  return {
    keepVersions,
    forMs: artifactDays * dayMs,
    perService: artifactsPerService,
    budgetBytes: nodeBudgetBytes === 0 ? null : nodeBudgetBytes,
  };
}

/** How much of sources is kept. */
export function snapshotPolicy(road: Road): Policy {
  const { keepVersions, snapshotDays, snapshotBudgetBytes } = road.ctx.settings.current;
  return {
    keepVersions,
    forMs: snapshotDays * dayMs,
    perService: Number.POSITIVE_INFINITY,
    budgetBytes: snapshotBudgetBytes === 0 ? null : snapshotBudgetBytes,
  };
}

import type { Road } from '../engine/road.ts';
import type { Proposal } from './decide.ts';
import type { CleanUpPreview } from './documents.ts';
import type { Candidate } from './facts.ts';
import { artifactPolicy, planCleanUp, snapshotPolicy } from './plan.ts';

const shown = 200;

/** What a clean-up would do now, for an organisation: its own things by name, and how full the places are. */
export async function previewCleanUp(road: Road, organisation: string): Promise<CleanUpPreview> {
  const plan = await planCleanUp(road);
  const nodes = new Map((await road.ctx.agents.nodes()).map((node) => [node.id, node.name]));
  const parts = [
    { candidates: plan.artifacts, proposal: plan.ofArtifacts, budget: artifactPolicy(road).budgetBytes },
    { candidates: plan.snapshots, proposal: plan.ofSnapshots, budget: snapshotPolicy(road).budgetBytes },
  ];
  const removes = parts.flatMap(({ candidates, proposal }) => removesOf(candidates, proposal, organisation));
  return {
    removes: removes.slice(0, shown),
    removeCount: removes.length,
    removeBytes: removes.reduce((sum, one) => sum + one.sizeBytes, 0),
    keeps: parts.flatMap(({ candidates, proposal }) => keepsOf(candidates, proposal, organisation)),
    places: parts.flatMap(({ candidates, proposal, budget }) =>
      [...Map.groupBy(candidates, (one) => one.place)].map(([node, here]) => ({
        kind: here[0]?.kind ?? ('artifact' as const),
        node,
        name: node === null ? 'Control plane' : (nodes.get(node) ?? node),
        usedBytes: bytesOf(here),
        budgetBytes: budget,
        overBytes: proposal.over.get(node ?? '') ?? 0,
      })),
    ),
    keepVersions: road.ctx.settings.current.keepVersions,
  };
}

function removesOf(
  candidates: readonly Candidate[],
  proposal: Proposal,
  organisation: string,
): CleanUpPreview['removes'] {
  const byKey = new Map(candidates.map((one) => [one.key, one]));
  return proposal.remove.flatMap(({ key, reason }) => {
    const one = byKey.get(key);
    if (!one || one.organisation !== organisation) return [];
    const { kind, place, sizeBytes, newest } = one;
    const of = newest ? `${newest.name} #${newest.number}` : null;
    return [
      {
        kind,
        name: kind === 'artifact' ? (of ?? key) : `source ${key.slice(0, 12)}${of === null ? '' : ` of ${of}`}`,
        service: newest?.service ?? null,
        deployment: newest?.id ?? null,
        node: place,
        sizeBytes,
        reason,
      },
    ];
  });
}

function keepsOf(candidates: readonly Candidate[], proposal: Proposal, organisation: string): CleanUpPreview['keeps'] {
  const own = candidates.filter((one) => one.organisation === organisation && proposal.keep.has(one.key));
  return [...Map.groupBy(own, (one) => proposal.keep.get(one.key) ?? 'recent')].map(([reason, some]) => ({
    kind: some[0]?.kind ?? 'artifact',
    reason,
    count: some.length,
    sizeBytes: bytesOf(some),
  }));
}

function bytesOf(some: readonly Candidate[]): number {
  return some.reduce((sum, one) => sum + one.sizeBytes, 0);
}

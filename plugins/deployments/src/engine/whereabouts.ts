import type { NodeInfo } from '@containr/sdk';
import { isContainrError } from '@containr/sdk';
import type { Artifact } from '@containr/sdk/contracts';
import { driver } from '../replicas/drivers.ts';
import type { Road } from './road.ts';

const askMs = 5000;

/** Where an artifact is to be had. */
export interface Whereabouts {
  /** Every node gets it by itself, from a registry. */
  readonly anywhere: boolean;
  /** Ids of reachable nodes that have it. */
  readonly nodes: readonly string[];
  /** Ids of nodes that said that they do not have it; of one that could not be asked nothing is known. */
  readonly lacking: readonly string[];
}

/** Asks the reachable nodes of its runtime whether they have an artifact; its own node comes first. */
export async function whereabouts(road: Road, artifact: Artifact, nodes: readonly NodeInfo[]): Promise<Whereabouts> {
  if (artifact.node === '') return { anywhere: true, nodes: [], lacking: [] };
  const { exists } = driver(artifact.runtime);
  const able = nodes.filter((node) => node.state === 'reachable' && node.capabilities.includes(exists.name));
  const answers = await Promise.all(
    able.map(async ({ id }) => {
      try {
        const answer = await road.ctx.agents.call(id, exists, { artifact }, { timeoutMs: askMs });
        return { id, has: answer.exists };
      } catch (error) {
        if (isContainrError(error)) return { id, has: null };
        throw error;
      }
    }),
  );
  const of = (has: boolean): string[] => answers.filter((one) => one.has === has).map(({ id }) => id);
  const own = (id: string): number => (id === artifact.node ? 0 : 1);
  return { anywhere: false, nodes: of(true).sort((a, b) => own(a) - own(b)), lacking: of(false) };
}

/** The artifact, at home on a node that has it now; `null` when none does. */
export async function atHome(road: Road, artifact: Artifact): Promise<Artifact | null> {
  const { anywhere, nodes } = await whereabouts(road, artifact, await road.ctx.agents.nodes());
  if (anywhere) return artifact;
  const [node] = nodes;
  return node === undefined ? null : { ...artifact, node };
}

import type { NodeInfo } from '@containr/sdk';

/** What is to be placed. */
export interface PlacementOrder {
  readonly replicas: number;
  readonly runtime: string;
  readonly resources: { readonly cpu: number; readonly memoryBytes: number };
  /** Where the artifact is; the others get it from one of these, unless every node gets it by itself. */
  readonly has: { readonly anywhere: boolean; readonly nodes: readonly string[] };
}

/** Where one replica goes, and why. */
export interface Decision {
  readonly node: string;
  readonly reason: string;
}

/** All replicas with a place, or the reason for each node that it does not fit. */
export type Placement =
  | { readonly fits: true; readonly decisions: readonly Decision[] }
  | { readonly fits: false; readonly reasons: readonly string[] };

/**
 * Decides where replicas go: on nodes that can run them, spread evenly, the least used first. Pure: the same facts give the
 * same decision. `present` counts replicas that are on each node now.
 */
export function place(
  nodes: readonly NodeInfo[],
  order: PlacementOrder,
  present: Readonly<Record<string, number>>,
): Placement {
  const reasons: string[] = [];
  const able: NodeInfo[] = [];
  for (const node of [...nodes].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const refusal = whyNot(node, order);
    if (refusal === null) able.push(node);
    else reasons.push(`${node.name}: ${refusal}`);
  }
  if (able.length === 0 && order.replicas > 0)
    return { fits: false, reasons: nodes.length === 0 ? ['no node is connected'] : reasons };
  const given = new Map<string, number>();
  const decisions = Array.from({ length: order.replicas }, (): Decision => {
    const loadOf = (one: NodeInfo): number => load(one, order, given.get(one.id) ?? 0, present[one.id] ?? 0);
    const [best] = [...able].sort((a, b) => loadOf(a) - loadOf(b));
    const node = best?.id ?? '';
    const reason = why(best?.name ?? node, able.length, given.size > 0, order.has.nodes.includes(node));
    given.set(node, (given.get(node) ?? 0) + 1);
    return { node, reason };
  });
  return { fits: true, decisions };
}

/** What carrying the artifact to a node weighs, in replicas that it would have to have less. */
const carryingWeighs = 4;

function load(node: NodeInfo, { has }: PlacementOrder, given: number, present: number): number {
  // Replicas of the same deployment weigh more: they are to be apart.
  return given * 1000 + present + (has.anywhere || has.nodes.includes(node.id) ? 0 : carryingWeighs);
}

function why(name: string, able: number, apart: boolean, has: boolean): string {
  if (able === 1) return `${name} is the only node that fits`;
  if (apart) return `${name} keeps it apart from the others and runs few replicas`;
  return has ? `${name} has the artifact and is not much busier than others` : `${name} runs the fewest replicas`;
}

function whyNot(node: NodeInfo, order: PlacementOrder): string | null {
  if (node.placement === 'draining') return 'it is being drained';
  if (node.placement === 'cordoned') return 'it takes no new replicas';
  if (node.state !== 'reachable') return 'it is not reachable';
  if (!node.capabilities.includes(`replica-start.${order.runtime}`)) return `it has no runtime "${order.runtime}"`;
  if (!order.has.anywhere && order.has.nodes.length === 0) return 'no reachable node has the artifact';
  if (order.resources.memoryBytes > node.memoryBytes)
    return `it has ${megabytes(node.memoryBytes)} of memory, and ${megabytes(order.resources.memoryBytes)} are asked for`;
  return null;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MB`;
}

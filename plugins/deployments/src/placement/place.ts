import type { NodeInfo } from '@containr/sdk';

/** What is to be placed. */
export interface PlacementOrder {
  readonly replicas: number;
  readonly runtime: string;
  readonly resources: { readonly cpu: number; readonly memoryBytes: number };
  /** The only node that has the artifact; `null` when any node can get it. */
  readonly onlyNode: string | null;
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
    const [best] = [...able].sort((a, b) => load(a, given, present) - load(b, given, present));
    const node = best?.id ?? '';
    given.set(node, (given.get(node) ?? 0) + 1);
    return {
      node,
      reason:
        able.length === 1
          ? `${best?.name ?? node} is the only node that fits`
          : `${best?.name ?? node} runs the fewest replicas`,
    };
  });
  return { fits: true, decisions };
}

function load(node: NodeInfo, given: ReadonlyMap<string, number>, present: Readonly<Record<string, number>>): number {
  // Replicas of the same deployment weigh more: they are to be apart.
  return (given.get(node.id) ?? 0) * 1000 + (present[node.id] ?? 0);
}

function whyNot(node: NodeInfo, order: PlacementOrder): string | null {
  if (node.placement === 'draining') return 'it is being drained';
  if (node.placement === 'cordoned') return 'it takes no new replicas';
  if (node.state !== 'reachable') return 'it is not reachable';
  if (!node.capabilities.includes(`replica-start.${order.runtime}`)) return `it has no runtime "${order.runtime}"`;
  if (order.onlyNode !== null && order.onlyNode !== node.id) return 'it does not have the artifact';
  if (order.resources.memoryBytes > node.memoryBytes)
    return `it has ${megabytes(node.memoryBytes)} of memory, and ${megabytes(order.resources.memoryBytes)} are asked for`;
  return null;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MB`;
}

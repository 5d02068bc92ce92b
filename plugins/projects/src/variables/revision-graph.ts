import type { Graph } from '../references/graph.ts';
import { sharedNode } from '../references/graph.ts';
import { isBuiltIn } from '../references/built-in.ts';
import type { Kept, KeptVariable } from './kept.ts';

/** What references of one service see: its own variables and what they link to. */
export function revisionGraph(service: { id: string; slug: string }, kept: Kept): Graph<KeptVariable> {
  const own = new Map(kept.variables.map((variable) => [variable.name, variable]));
  const linked = new Map(kept.links.variables.map((variable) => [`${variable.node} ${variable.name}`, variable]));
  const slugs = new Map(Object.entries(kept.links.services).map(([slug, id]) => [id, slug]));
  return {
    find: (node, name) => (node === service.id ? own.get(name) : linked.get(`${node} ${name}`)),
    node: (slug) => kept.links.services[slug] ?? (slug === service.slug ? service.id : undefined),
    slug: (node) => (node === service.id ? service.slug : (slugs.get(node) ?? sharedNode)),
    builtIn: (node, name) => node !== sharedNode && isBuiltIn(name),
  };
}

import type { EntityManager } from '@mikro-orm/core';
import type { EdgeDocument } from '../contract.ts';
import type { Environment } from '../entities/environment.entity.ts';
import { Service } from '../entities/service.entity.ts';
import { Variable, variableScopes } from '../entities/variable.entity.ts';
import { keep } from '../variables/kept.ts';
import type { KeptVariable } from '../variables/kept.ts';
import { isBuiltIn } from './built-in.ts';
import type { Graph } from './graph.ts';
import { createFollower, sharedNode, targetOf } from './graph.ts';

/** An environment as references see it, with the services in it. */
export interface EnvironmentGraph extends Graph<KeptVariable> {
  readonly services: readonly Pick<Service, 'id' | 'slug'>[];
  /** Variables of a node that refer to something. */
  referring(node: string): readonly KeptVariable[];
}

/** Reads the variables of an environment without opening one. */
export async function environmentGraph(
  em: EntityManager,
  environment: Pick<Environment, 'id' | 'project'>,
): Promise<EnvironmentGraph> {
  const services = await em.find(Service, { environment: environment.id }, { fields: ['id', 'slug'] });
  const rows = await em.find(Variable, {
    owner: { $in: [environment.project, environment.id, ...services.map((service) => service.id)] },
  });
  rows.sort((a, b) => variableScopes.indexOf(a.scope) - variableScopes.indexOf(b.scope));
  const shared = rows.filter((row) => row.scope !== 'service');
  const own = Map.groupBy(rows, (row) => row.owner);
  const nodes = new Map<string, Map<string, KeptVariable>>();
  for (const { id } of [...services, { id: sharedNode }])
    nodes.set(id, new Map([...shared, ...(own.get(id) ?? [])].map((row) => [row.name, keep(row)])));
  const bySlug = new Map(services.map((service) => [service.slug, service.id]));
  const byId = new Map(services.map((service) => [service.id, service.slug]));
  return {
    services,
    find: (node, name) => nodes.get(node)?.get(name),
    node: (slug) => bySlug.get(slug),
    slug: (node) => byId.get(node) ?? sharedNode,
    builtIn: (node, name) => node !== sharedNode && isBuiltIn(name),
    referring: (node) => [...(nodes.get(node)?.values() ?? [])].filter((variable) => variable.refs !== undefined),
  };
}

/** Who reads what of whom in an environment, and which of it does not work. */
export function edgesOf(graph: EnvironmentGraph): EdgeDocument[] {
  const follow = createFollower(graph);
  return graph.services.flatMap(({ id }) =>
    graph.referring(id).flatMap((variable) => {
      const followed = follow(id, variable.name);
      return (variable.refs ?? []).map((reference): EdgeDocument => {
        const target = targetOf(graph, id, reference);
        return {
          from: id,
          to: target === undefined || target === sharedNode ? null : target,
          variable: variable.name,
          scope: variable.scope,
          reference: { service: reference.service, name: reference.name },
          problem: followed.ok ? null : followed.fault,
        };
      });
    }),
  );
}

/** A service of a roll-out, and which others of it come before. */
export interface Rolled {
  readonly service: string;
  readonly after: readonly string[];
}

/**
 * Services in an order in which each comes after those that it reads from, also by way of services that are not among them. Services
 * of a circle do not come after each other.
 */
export function referenceOrder(
  services: readonly string[],
  edges: readonly Pick<EdgeDocument, 'from' | 'to'>[],
): Rolled[] {
  const reads = Map.groupBy(edges, (edge) => edge.from);
  const needs = new Map(services.map((service) => [service, reachable(service, reads)]));
  const left = new Set(services);
  const rolled: Rolled[] = [];
  while (left.size > 0) {
    const free = [...left].filter((one) => ![...left].some((other) => other !== one && needs.get(one)?.has(other)));
    const wave = free.length > 0 ? free : [...left];
    const before = rolled.map((one) => one.service);
    for (const service of wave)
      rolled.push({ service, after: before.filter((other) => needs.get(service)?.has(other)) });
    for (const one of wave) left.delete(one);
  }
  return rolled;
}

function reachable(from: string, reads: ReadonlyMap<string, readonly Pick<EdgeDocument, 'to'>[]>): Set<string> {
  const found = new Set<string>();
  const open = [from];
  for (let one = open.pop(); one !== undefined; one = open.pop())
    for (const { to } of reads.get(one) ?? [])
      if (to !== null && !found.has(to)) {
        found.add(to);
        open.push(to);
      }
  return found;
}

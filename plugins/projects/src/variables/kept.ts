import type { EntityManager } from '@mikro-orm/core';
import type { Service } from '../entities/service.entity.ts';
import { Service as Services } from '../entities/service.entity.ts';
import { Variable, variableScopes } from '../entities/variable.entity.ts';
import type { VariableScope } from '../entities/variable.entity.ts';
import { sharedNode } from '../references/graph.ts';
import type { Reference } from '../references/parse.ts';

/** A variable as a revision keeps it: what is secret stays sealed, under the id of its variable. What is as usual is left out. */
export interface KeptVariable {
  readonly id: string;
  readonly name: string;
  readonly kind: 'plain' | 'secret' | 'sealed';
  readonly scope: VariableScope;
  readonly value: string;
  /** Left out: both. */
  readonly available?: 'build' | 'run';
  readonly refs?: readonly Reference[];
  /** Whether a sealed value may flow into it. */
  readonly grant?: true;
}

/** A variable of another node (a service's id, or `shared`) that a revision refers to. */
export interface LinkedVariable extends KeptVariable {
  readonly node: string;
}

/** What a revision's variables refer to, directly or by way of others. */
export interface Links {
  /** Ids of the services that are named, by slug; those that there were not are left out. */
  readonly services: Readonly<Record<string, string>>;
  readonly variables: readonly LinkedVariable[];
}

/** The variables of a service with all that they refer to. */
export interface Kept {
  readonly variables: readonly KeptVariable[];
  readonly links: Links;
}

/** Links of variables that refer to nothing. */
export const noLinks: Links = { services: {}, variables: [] };

type Place = Pick<Service, 'id' | 'environment' | 'project'>;

/**
 * The variables that a service has now: its own win over its environment's, and these over its project's, by name; and what they
 * refer to. Reads only services that are referred to.
 */
export async function keptVariables(em: EntityManager, service: Place): Promise<Kept> {
  const rows = await em.find(Variable, { owner: { $in: [service.id, service.environment, service.project] } });
  const shared = rows.filter((row) => row.scope !== 'service');
  const variables = nearest(rows);
  if (variables.every((variable) => variable.refs === undefined)) return { variables, links: noLinks };

  const nodes = new Map<string, Map<string, KeptVariable>>([[service.id, byName(variables)]]);
  const services: Record<string, string> = {};
  const linked = new Map<string, LinkedVariable>();
  let open = variables.map((variable): [string, KeptVariable] => [service.id, variable]);
  while (open.length > 0) {
    await loadServices(em, service, shared, { open, services, nodes });
    const next: [string, KeptVariable][] = [];
    for (const [node, variable] of open) {
      for (const reference of variable.refs ?? []) {
        const target =
          reference.service === null
            ? node
            : reference.service === sharedNode
              ? sharedNode
              : services[reference.service];
        const found = target === undefined ? undefined : nodes.get(target)?.get(reference.name);
        if (target === undefined || !found || target === service.id || linked.has(`${target} ${found.name}`)) continue;
        linked.set(`${target} ${found.name}`, { ...found, node: target });
        next.push([target, found]);
      }
    }
    open = next;
  }
  return { variables, links: { services, variables: [...linked].sort(byKey).map(([, variable]) => variable) } };
}

/** Reads the services that open references name and that are not read yet, with their variables. */
async function loadServices(
  em: EntityManager,
  place: Place,
  shared: readonly Variable[],
  {
    open,
    services,
    nodes,
  }: {
    open: readonly (readonly [string, KeptVariable])[];
    services: Record<string, string>;
    nodes: Map<string, Map<string, KeptVariable>>;
  },
): Promise<void> {
  if (!nodes.has(sharedNode)) nodes.set(sharedNode, byName(nearest(shared)));
  const slugs = new Set(open.flatMap(([, { refs }]) => (refs ?? []).flatMap((reference) => reference.service ?? [])));
  const wanted = [...slugs].filter((slug) => slug !== sharedNode && !Object.hasOwn(services, slug));
  if (wanted.length === 0) return;
  const found = await em.find(Services, { environment: place.environment, slug: { $in: wanted } });
  for (const row of found) services[row.slug] = row.id;
  const fresh = found.filter((row) => !nodes.has(row.id)).map((row) => row.id);
  const own = await em.find(Variable, { owner: { $in: fresh } });
  for (const id of fresh) nodes.set(id, byName(nearest([...shared, ...own.filter((row) => row.owner === id)])));
}

/** Of each name the nearest variable, by name. */
function nearest(rows: readonly Variable[]): KeptVariable[] {
  const ordered = rows.toSorted((a, b) => variableScopes.indexOf(a.scope) - variableScopes.indexOf(b.scope));
  const named = new Map(ordered.map((row): [string, KeptVariable] => [row.name, keep(row)]));
  return [...named.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A row as a revision keeps it. */
export function keep({ id, name, kind, scope, value, available, refs, mayUseSealed }: Variable): KeptVariable {
  return {
    id,
    name,
    kind,
    scope,
    value,
    ...(available === 'both' ? {} : { available }),
    ...(refs === null ? {} : { refs }),
    ...(refs !== null && mayUseSealed ? { grant: true } : {}),
  };
}

function byName(variables: readonly KeptVariable[]): Map<string, KeptVariable> {
  return new Map(variables.map((variable) => [variable.name, variable]));
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}

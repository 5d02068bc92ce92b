import type { EntityManager } from '@mikro-orm/core';
import type { PluginContext } from '@containr/sdk';
import type { Service } from '../entities/service.entity.ts';
import { Variable, variableScopes } from '../entities/variable.entity.ts';
import type { VariableScope } from '../entities/variable.entity.ts';

/** A variable as a revision keeps it: what is secret stays sealed, under the id of its variable. */
export interface KeptVariable {
  readonly id: string;
  readonly name: string;
  readonly kind: 'plain' | 'secret' | 'sealed';
  readonly scope: VariableScope;
  readonly value: string;
}

/** The variables that a service has now: its own win over its environment's, and these over its project's. By name. */
export async function effectiveVariables(
  em: EntityManager,
  service: Pick<Service, 'id' | 'environment' | 'project'>,
): Promise<KeptVariable[]> {
  const rows = await em.find(Variable, { owner: { $in: [service.id, service.environment, service.project] } });
  rows.sort((a, b) => variableScopes.indexOf(a.scope) - variableScopes.indexOf(b.scope));
  const byName = new Map(
    rows.map(({ id, name, kind, scope, value }): [string, KeptVariable] => [name, { id, name, kind, scope, value }]),
  );
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Opens what is sealed. Throws `SECRET_UNREADABLE`. */
export function openVariables(
  secrets: PluginContext['secrets'],
  kept: readonly KeptVariable[],
): { variables: Record<string, string>; secretNames: string[] } {
  const values = kept.map((variable): [string, string] => [
    variable.name,
    variable.kind === 'plain' ? variable.value : secrets.open(variable.id, variable.value),
  ]);
  return {
    variables: Object.fromEntries(values),
    secretNames: kept.filter((variable) => variable.kind !== 'plain').map((variable) => variable.name),
  };
}

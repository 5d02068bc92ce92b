import type { PluginContext, Principal } from '@containr/sdk';
import { can } from '@containr/sdk';
import type { VariableDocument } from '../contract.ts';
import type { Variable } from '../entities/variable.entity.ts';

/** A variable as the API shows it: sealed values never, others to who may read them. */
export function showVariable(
  secrets: PluginContext['secrets'],
  principal: Principal,
  variable: Variable,
): VariableDocument {
  const { id, name, kind, scope, owner } = variable;
  return {
    id,
    project: scope === 'project' ? owner : null,
    environment: scope === 'environment' ? owner : null,
    service: scope === 'service' ? owner : null,
    name,
    kind,
    value:
      kind === 'sealed' || !can(principal, 'variable:read')
        ? null
        : kind === 'plain'
          ? variable.value
          : secrets.open(id, variable.value),
    available: variable.available,
    references: (variable.refs ?? []).map(({ service, name: of }) => ({ service, name: of })),
    createdAt: variable.createdAt.toISOString(),
    updatedAt: variable.updatedAt.toISOString(),
  };
}

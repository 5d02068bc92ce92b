import type { EnvironmentDocument, ServiceDocument } from '../../src/contract.ts';
import type { VariableOwner } from '../changes/stage.ts';

/** Whose variables a view is about, and where changes of them are staged. */
export interface VariableScope {
  readonly owner: VariableOwner;
  readonly id: string;
  /** For people: the name of the service, or of the environment. */
  readonly name: string;
  readonly service: ServiceDocument | null;
  readonly environment: string;
  readonly project: string;
}

/** The variables of a service. */
export function scopeOfService(service: ServiceDocument): VariableScope {
  const { id, name, environment, project } = service;
  return { owner: { service: id }, id, name, service, environment, project };
}

/** What the services of an environment share. */
export function scopeOfEnvironment({ id, name, project }: EnvironmentDocument): VariableScope {
  return { owner: { environment: id }, id, name, service: null, environment: id, project };
}

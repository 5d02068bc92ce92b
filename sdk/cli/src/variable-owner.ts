import type { Api } from './api.ts';
import { ContainrError } from '@containr/sdk';
import { Project } from './documents.ts';

/** Whose variables are meant, and in which environment changes of them are applied. */
export interface VariableTarget {
  readonly owner: { readonly service?: string; readonly environment?: string; readonly project?: string };
  readonly environment: string;
  /** As a person wrote it. */
  readonly name: string;
}

/**
 * Finds whose variables a text means: `project/service`, `project/service@environment`, `project@environment` for what is shared in an
 * environment, or `project` for what all of its environments share. Throws `NOT_FOUND` or `SERVICE_NAME`.
 */
export async function variableTarget(api: Api, name: string): Promise<VariableTarget> {
  if (name.includes('/')) {
    const service = await api.service(name);
    return { owner: { service: service.id }, environment: service.environment, name };
  }
  const [project = '', slug] = name.split('@', 2);
  const environment = await api.environment(project, slug ?? 'production');
  if (slug !== undefined) return { owner: { environment: environment.id }, environment: environment.id, name };
  const found = (await api.all('/projects', Project)).find((one) => one.slug === project);
  if (found) return { owner: { project: found.id }, environment: environment.id, name };
  throw new ContainrError({
    code: 'SERVICE_NAME',
    status: 400,
    detail: `"${name}" names no service, environment or project.`,
    hint: 'Write project/service, project/service@environment, project@environment or project.',
  });
}

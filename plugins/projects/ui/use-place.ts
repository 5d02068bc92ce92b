import { computed } from 'vue';
import type { ComputedRef } from 'vue';
import type { Page } from '@containr/client';
import type { Crumb, Resource } from '@containr/ui-kit';
import { useDashboard, useResource } from '@containr/ui-kit';
import type { EnvironmentDocument, ProjectDocument } from '../src/contract.ts';

/** A project with its environments. */
export interface Place {
  readonly project: ProjectDocument;
  readonly environments: readonly EnvironmentDocument[];
}

/** Reads a project with its environments, and again when it changes; `null` while none is named. */
export function usePlace(project: () => string | null): Resource<Place | null> {
  const { client } = useDashboard();
  return useResource(
    async (signal) => {
      const id = project();
      if (!id) return null;
      const [found, environments] = await Promise.all([
        client.request<ProjectDocument>('GET', `/projects/${id}`, { signal }),
        client.request<Page<EnvironmentDocument>>('GET', '/environments', {
          query: { project: id, limit: 200 },
          signal,
        }),
      ]);
      return { project: found, environments: environments.items };
    },
    {
      key: project,
      topics: () => (project() ? [`project:${project() ?? ''}`] : []),
      relevant: (event) => event.name === 'project.changed',
    },
  );
}

/** Breadcrumb of a project: its name, the switch of environments, then where one is in it. */
export function usePlaceCrumbs(
  place: ComputedRef<Place | null | undefined>,
  environment: () => string | null,
  last: () => string | null,
): ComputedRef<readonly Crumb[]> {
  return computed(() => {
    if (!place.value) return [{ label: 'Projects', to: '/projects' }, { label: last() ?? '…' }];
    const { project, environments } = place.value;
    const base = `/projects/${project.id}`;
    const current = environments.find((one) => one.id === environment());
    const crumbs: Crumb[] = [{ label: project.name, to: base }];
    if (current)
      crumbs.push({
        label: current.name,
        what: 'Environment',
        choices: environments.map((one) => ({
          label: one.name,
          to: `${base}/${one.id}`,
          current: one.id === current.id,
        })),
      });
    const page = last();
    if (page !== null) crumbs.push({ label: page });
    return crumbs;
  });
}

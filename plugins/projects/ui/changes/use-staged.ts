import type { Resource } from '@containr/ui-kit';
import { useDashboard, useResource } from '@containr/ui-kit';
import type { ChangeDocument } from '../../src/contract.ts';

/** What is staged in an environment. */
export interface StagedChanges {
  readonly items: readonly ChangeDocument[];
  readonly total: number;
}

/** Reads what is staged in an environment, and again when that, or what it was made from, changes. */
export function useStaged(place: () => { readonly project: string; readonly environment: string } | null) {
  const { client } = useDashboard();
  const staged: Resource<StagedChanges | null> = useResource(
    async (signal) => {
      const environment = place()?.environment;
      if (!environment) return null;
      return client.request<StagedChanges>('GET', '/changes', { query: { environment, limit: 200 }, signal });
    },
    {
      key: () => place()?.environment ?? '',
      topics: () => (place() ? [`project:${place()?.project ?? ''}`] : []),
      relevant: (event) => ['changes.changed', 'project.changed', 'service.changed'].includes(event.name),
    },
  );
  return staged;
}

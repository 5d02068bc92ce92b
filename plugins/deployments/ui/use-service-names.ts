import type { Page } from '@containr/client';
import { useDashboard, useResource } from '@containr/ui-kit';

/** Names of services by id; an unknown one shows the beginning of its id. */
export function useServiceNames(): (id: string) => string {
  const { client } = useDashboard();
  const services = useResource((signal) => client.request<Page<{ id: string; name: string }>>('GET', '/services', { query: { limit: 200 }, signal }), { topics: () => ['projects'] });
  return (id) => services.data.value?.items.find((service) => service.id === id)?.name ?? id.slice(0, 8);
}

import { useDashboard, useResource } from '@containr/ui-kit';

/** Names of services by id: nothing until they are known, then the beginning of its id for one that is not among them. */
export function useServiceNames(): (id: string) => string {
  const { client } = useDashboard();
  const services = useResource((signal) => client.call('GET', '/services', { query: { limit: 200 }, signal }), {
    topics: () => ['projects'],
  });
  return (id) =>
    services.data.value ? (services.data.value.items.find((service) => service.id === id)?.name ?? id.slice(0, 8)) : '';
}

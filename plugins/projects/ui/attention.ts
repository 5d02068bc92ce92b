import type { Page } from '@containr/client';
import type { AttentionContribution, AttentionItem } from '@containr/sdk/ui';
import type { ServiceDocument } from '../src/contract.ts';

/** Services whose latest deployment failed, or that are not heard of. */
export const attention: AttentionContribution = {
  outlet: 'attention',
  id: 'services',
  permission: 'service:read',
  topics: ['projects', 'deployments'],
  async read({ request }) {
    const { items } = await request<Page<ServiceDocument>>('GET', '/services', { query: { limit: 200 } });
    return items.flatMap((service): AttentionItem[] => {
      const latest = service.latestDeployment;
      if (latest?.status === 'failed') {
        const serves = service.liveDeployment
          ? `Visitors see no change: #${service.liveDeployment.number} still serves.`
          : 'Nothing serves its address yet.';
        return [
          {
            id: service.id,
            level: 'failed',
            title: `${service.name} #${latest.number} failed${latest.phase ? ` in ${latest.phase}` : ''}`,
            detail: serves,
            action: { label: 'Open', to: `/services/${service.id}/deployments?deployment=${latest.id}` },
          },
        ];
      }
      if (service.status.state === 'unknown') {
        return [
          {
            id: service.id,
            level: 'unknown',
            title: `${service.name} is not heard of`,
            detail: 'Its replicas count as unknown, not as dead.',
            action: { label: 'Open', to: `/services/${service.id}` },
          },
        ];
      }
      return [];
    });
  },
};

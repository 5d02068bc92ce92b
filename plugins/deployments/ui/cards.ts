import type { Page } from '@containr/client';
import type { CardData, DashboardCardContribution, UiContext } from '@containr/sdk/ui';
import { duration } from '@containr/ui-kit';
import type { DeploymentDocument } from '../src/contract.ts';

const dayMs = 86_400_000;
const most = 200;
/** Statuses that say whether a deployment reached its visitors. */
const reached = new Set(['live', 'watching', 'retired']);

/** Deployments of the last 24 hours, newest first; `cut` when there were more than one page. */
async function lastDay({ request }: UiContext): Promise<{ items: readonly DeploymentDocument[]; cut: boolean }> {
  const page = await request<Page<DeploymentDocument>>('GET', '/deployments', { query: { limit: most } });
  const since = Date.now() - dayMs;
  const items = page.items.filter((deployment) => Date.parse(deployment.createdAt) >= since);
  return { items, cut: items.length === most };
}

function card(value: CardData['value'], unit: string, note: string, empty: boolean): CardData {
  return {
    value,
    unit,
    note,
    source: 'Deployments',
    asOf: new Date().toISOString(),
    status: empty ? 'empty' : 'fresh',
  };
}

/** How many deployments of the last day reached live. */
export const reachedLive: DashboardCardContribution = {
  outlet: 'dashboardCard',
  id: 'reached-live',
  title: 'Reached live, 24 h',
  order: 10,
  permission: 'deployment:read',
  topics: ['deployments'],
  async read(context) {
    const { items, cut } = await lastDay(context);
    const settled = items.filter((deployment) => reached.has(deployment.status) || deployment.status === 'failed');
    const good = settled.filter((deployment) => deployment.liveAt !== null).length;
    if (settled.length === 0) return card(null, '', 'No deployment ended in the last 24 hours.', true);
    const moving = items.length - settled.length;
    return card(
      good,
      `of ${settled.length}`,
      cut
        ? `Of the newest ${most}`
        : moving > 0
          ? `${moving} more under way or replaced`
          : 'Failed ones never reached visitors',
      false,
    );
  },
};

/** Median time from the request of a deployment to the switch of its routes. */
export const pushToLive: DashboardCardContribution = {
  outlet: 'dashboardCard',
  id: 'push-to-live',
  title: 'Push to live, median of 24 h',
  order: 20,
  permission: 'deployment:read',
  topics: ['deployments'],
  async read(context) {
    const { items } = await lastDay(context);
    const times = items
      .flatMap((deployment) =>
        deployment.liveAt ? [Date.parse(deployment.liveAt) - Date.parse(deployment.createdAt)] : [],
      )
      .sort((a, b) => a - b);
    const median = times[Math.floor((times.length - 1) / 2)];
    if (median === undefined) return card(null, '', 'No deployment went live in the last 24 hours.', true);
    return card(
      duration(median),
      '',
      `Fastest ${duration(times[0] ?? median)}, slowest ${duration(times.at(-1) ?? median)}`,
      false,
    );
  },
};

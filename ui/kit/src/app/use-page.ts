import { watchEffect } from 'vue';
import type { Crumb } from './dashboard.ts';
import { useDashboard } from './dashboard.ts';

/** Names the page that is open: document title and breadcrumb. */
export function usePage(describe: () => { title: string; crumbs?: readonly Crumb[] }): void {
  const dashboard = useDashboard();
  watchEffect(() => {
    const { title, crumbs } = describe();
    dashboard.setPage({ title, crumbs: crumbs ?? [{ label: title }] });
  });
}

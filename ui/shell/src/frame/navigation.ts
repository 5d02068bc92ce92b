import { computed } from 'vue';
import type { ComputedRef } from 'vue';
import { useRoute } from 'vue-router';
import { isIconName, useContributions, useDashboard } from '@containr/ui-kit';
import type { IconName } from '@containr/ui-kit';

/** One entry of the main navigation. */
export interface NavEntry {
  readonly label: string;
  readonly to: string;
  readonly icon: IconName;
  /** `page`: it is open. `true`: something below it is. */
  readonly current: 'page' | 'true' | undefined;
}

/** Entries of the main navigation: the shell's own and those of plugins, in order. */
export function useNavigation(): ComputedRef<readonly NavEntry[]> {
  const route = useRoute();
  const dashboard = useDashboard();
  const contributed = useContributions('navigation');
  return computed(() => {
    const own = [
      { label: 'Overview', to: '/', icon: 'overview' as const, order: 0, permission: null },
      { label: 'Nodes', to: '/nodes', icon: 'nodes' as const, order: 60, permission: 'node:read' },
      { label: 'Plugins', to: '/plugins', icon: 'plugins' as const, order: 70, permission: 'plugin:read' },
      { label: 'Audit', to: '/audit', icon: 'shield' as const, order: 75, permission: 'audit:read' },
      { label: 'Settings', to: '/settings', icon: 'settings' as const, order: 80, permission: null },
    ].filter((entry) => entry.permission === null || dashboard.can(entry.permission));
    const added = contributed.value.flatMap((entry) =>
      entry.heading === 'install' && entry.label !== undefined
        ? [
            {
              label: entry.label,
              to: entry.to,
              icon: isIconName(entry.icon) ? entry.icon : ('plug' as const),
              order: entry.order ?? 100,
            },
          ]
        : [],
    );
    return [...own, ...added]
      .sort((a, b) => a.order - b.order)
      .map(({ label, to, icon }) => ({
        label,
        to,
        icon,
        current: route.path === to ? 'page' : to !== '/' && route.path.startsWith(`${to}/`) ? 'true' : undefined,
      }));
  });
}

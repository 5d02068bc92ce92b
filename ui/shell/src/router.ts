import { watch } from 'vue';
import { createRouter, createWebHistory } from 'vue-router';
import type { Router } from 'vue-router';
import { useRegistry } from './state/registry.ts';
import { useSession } from './state/session.ts';
import AuditPage from './views/AuditPage.vue';
import InstallSettings from './views/InstallSettings.vue';
import NodesPage from './views/NodesPage.vue';
import NotFoundPage from './views/NotFoundPage.vue';
import OverviewPage from './views/OverviewPage.vue';
import PluginPage from './views/PluginPage.vue';
import PluginsPage from './views/PluginsPage.vue';
import SettingsPage from './views/SettingsPage.vue';

/** Makes the router: the shell's own pages, and those of plugins as they come and go. */
export function createDashboardRouter(): Router {
  const registry = useRegistry();
  const session = useSession();
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/', component: OverviewPage },
      { path: '/nodes/:node?', component: NodesPage, props: true, meta: { permission: 'node:read' } },
      { path: '/plugins/:plugin?', component: PluginsPage, props: true, meta: { permission: 'plugin:read' } },
      { path: '/audit', component: AuditPage, meta: { permission: 'audit:read' } },
      { path: '/settings/install', component: InstallSettings, meta: { permission: 'setting:read' } },
      { path: '/settings/:page?', component: SettingsPage, props: true },
      { path: '/:rest(.*)*', name: 'not-found', component: NotFoundPage },
    ],
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }) ?? false,
  });

  const added = new Map<string, () => void>();
  watch(
    () => [...registry.of('page'), ...registry.of('publicPage')],
    (pages) => {
      const keys = new Set(pages.map((page) => page.key));
      for (const [key, remove] of added) {
        if (keys.has(key)) continue;
        remove();
        added.delete(key);
      }
      for (const page of pages) {
        if (added.has(page.key)) continue;
        added.set(
          page.key,
          router.addRoute({
            path: page.path,
            name: page.key,
            component: PluginPage,
            meta: { key: page.key, plugin: page.pluginName, public: page.outlet === 'publicPage' },
          }),
        );
      }
      // A page whose plugin was just switched on may be the one that is open.
      if (router.currentRoute.value.name === 'not-found')
        void router.replace({ path: router.currentRoute.value.fullPath, force: true });
    },
    { immediate: true, flush: 'sync' },
  );

  router.beforeEach((to) => {
    if (to.meta['public'] === true || session.viewer || session.error) return true;
    if (!registry.of('publicPage').some((page) => page.path === '/sign-in')) return true;
    return { path: '/sign-in', query: to.path === '/' ? {} : { next: to.fullPath } };
  });
  return router;
}

import '../../kit/src/styles/index.css';
import './styles/index.css';
import { computed, createApp } from 'vue';
import { createPinia } from 'pinia';
import { createClient } from '@containr/client';
import { dashboardKey } from '@containr/ui-kit';
import type { Dashboard, ToastOptions } from '@containr/ui-kit';
import App from './App.vue';
import { createDashboardRouter } from './router.ts';
import { createLiveHub } from './state/live.ts';
import { liveKey, toastKey } from './state/keys.ts';
import { usePageInfo } from './state/page.ts';
import { useRegistry } from './state/registry.ts';
import { useSession } from './state/session.ts';

const app = createApp(App);
app.use(createPinia());
const session = useSession();
const registry = useRegistry();
const page = usePageInfo();
const client = createClient({
  origin: window.location.origin,
  onUnauthenticated() {
    if (session.viewer) void leave();
  },
});
const live = createLiveHub(client);
const toasts: { show: ((options: ToastOptions) => void) | null } = { show: null };

const dashboard: Dashboard = {
  client,
  viewer: computed(() => session.viewer),
  async refreshViewer() {
    await session.refresh(client);
    if (session.viewer) live.start();
    else live.stop();
  },
  can: (permission) => session.can(permission),
  contributions: (outlet) =>
    computed(() =>
      registry
        .of(outlet)
        .filter((entry) => !('permission' in entry) || entry.permission === null || session.can(entry.permission)),
    ),
  listen: (topics, handler) => live.listen(topics, handler),
  toast: (options) => toasts.show?.(options),
  setPage: (info) => page.set(info),
};

/** The session ended elsewhere: forget who it was and go to the sign-in page. */
async function leave(): Promise<void> {
  await dashboard.refreshViewer();
  if (!session.viewer) await router.replace({ path: '/sign-in', query: { next: router.currentRoute.value.fullPath } });
}

app.provide(dashboardKey, dashboard);
app.provide(liveKey, live);
app.provide(toastKey, toasts);
live.listen(['plugins'], () => void registry.refresh(client).catch(() => undefined));

await Promise.all([registry.refresh(client).catch(() => undefined), dashboard.refreshViewer()]);
const router = createDashboardRouter();
app.use(router);
// The first page is known before anything is drawn: no flash of another, and the keyboard starts at the top.
await router.isReady();
app.mount('#app');

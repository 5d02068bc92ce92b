import '../../kit/src/styles/index.css';
import './styles/index.css';
import { computed, createApp } from 'vue';
import { createPinia } from 'pinia';
import { createClient } from '@containr/client';
import { dashboardKey } from '@containr/ui-kit';
import type { Dashboard, ToastOptions } from '@containr/ui-kit';
import App from './App.vue';
import type { FramedHost } from './framed/framed-plugin.ts';
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
    const known = session.refresh(client);
    await Promise.all([known, refreshRegistry(known)]);
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

/** What the dashboard does for views of plugins that are not trusted, in the name of who is signed in. */
const framedHost: FramedHost = {
  origin: window.location.origin,
  viewer: () => session.viewer,
  listen: (topics, handler) => dashboard.listen(topics, handler),
  navigate: (path, replace) => void (replace ? router.replace(path) : router.push(path)),
  toast: (options) => dashboard.toast(options),
  setPage: (info) => dashboard.setPage(info),
};

/** Asks which plugins are on; a failure leaves those that are known. */
async function refreshRegistry(viewerKnown: Promise<void> = Promise.resolve()): Promise<void> {
  const host = () => viewerKnown.then(() => (session.viewer ? framedHost : null));
  await registry.refresh(client, host).catch(() => undefined);
}

/** The session ended elsewhere: forget who it was and go to the sign-in page. */
async function leave(): Promise<void> {
  await dashboard.refreshViewer();
  if (!session.viewer) await router.replace({ path: '/sign-in', query: { next: router.currentRoute.value.fullPath } });
}

app.provide(dashboardKey, dashboard);
app.provide(liveKey, live);
app.provide(toastKey, toasts);
live.listen(['plugins'], () => void refreshRegistry());

await dashboard.refreshViewer();
const router = createDashboardRouter();
app.use(router);
// The first page is known before anything is drawn: no flash of another, and the keyboard starts at the top.
await router.isReady();
app.mount('#app');

import type { Component } from 'vue';
import { createApp, h, nextTick, shallowRef } from 'vue';
import { createPinia } from 'pinia';
import { createMemoryHistory, createRouter } from 'vue-router';
import type { Router } from 'vue-router';
import type { UiContribution } from '@containr/sdk/ui';
import { dashboardKey, UiBoundary, UiTheme } from '@containr/ui-kit';
import type { ShownView } from '../messages.ts';
import type { Inside } from './dashboard-inside.ts';
import type { Outside } from './outside.ts';

/** Draws one view, and tells the dashboard how high it is, which keys are the dashboard's, and where it wants to go. */
export async function showView(
  contribution: UiContribution,
  shown: ShownView & { readonly name: string },
  inside: Inside,
  outside: Outside,
): Promise<void> {
  if (!('view' in contribution) || !contribution.view) throw new Error(`"${contribution.id}" has no view.`);
  const view = contribution.view as Component;
  const given = shallowRef(shown.given);
  const onChanged = (): void => outside.send({ type: 'changed' });
  const app = createApp(() =>
    h(UiTheme, () => h(UiBoundary, { name: shown.name }, () => h(view, { ...given.value, onChanged }))),
  );
  let path = '/';
  const router = createFrameRouter('path' in contribution ? contribution.path : null, outside, () => path);
  app.use(createPinia());
  app.use(router);
  app.provide(dashboardKey, inside.dashboard);
  outside.onGiven = (next) => (given.value = next);
  outside.onAround = (around) => {
    inside.change(around);
    path = around.path;
    void router.replace(path);
  };
  path = inside.path();
  await router.replace(path);
  document.documentElement.dataset['framed'] = shown.fill ? 'fill' : 'fit';
  const root = document.querySelector('#app');
  if (!root) throw new Error('The frame has no place for a view.');
  app.mount(root);
  await nextTick();
  if (!shown.fill) followHeight(root, outside);
  forwardKeys(outside);
  outside.send({ type: 'shown' });
}

// Every way to another address is the dashboard's to go: it says which one is open now.
function createFrameRouter(pattern: string | null, outside: Outside, current: () => string): Router {
  const nothing = { render: () => null };
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      ...(pattern === null ? [] : [{ path: pattern, component: nothing }]),
      { path: '/:rest(.*)*', component: nothing },
    ],
  });
  router.beforeEach((to) => {
    if (to.fullPath === current()) return true;
    outside.send({ type: 'navigate', to: to.fullPath, replace: to.redirectedFrom !== undefined });
    return false;
  });
  return router;
}

function followHeight(root: Element, outside: Outside): void {
  let told = -1;
  const tell = (): void => {
    // A dialog lies over the view and needs room of its own.
    const over = document.querySelector('.dialog, .drawer, [role="dialog"]') ? 520 : 0;
    const height = Math.min(20_000, Math.max(over, Math.ceil(root.getBoundingClientRect().height)));
    if (height !== told) outside.send({ type: 'size', height });
    told = height;
  };
  new ResizeObserver(tell).observe(root);
  new MutationObserver(tell).observe(document.body, { childList: true });
  tell();
}

function forwardKeys(outside: Outside): void {
  window.addEventListener('keydown', (event) => {
    const isPalette = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k';
    if (isPalette) event.preventDefault();
    if (isPalette) outside.send({ type: 'key', key: 'palette' });
    else if (event.key === 'Escape' && !event.defaultPrevented && !document.querySelector('[role="dialog"]'))
      outside.send({ type: 'key', key: 'escape' });
  });
}

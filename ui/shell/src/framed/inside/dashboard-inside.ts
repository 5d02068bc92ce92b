import { computed, shallowRef } from 'vue';
import { createClient } from '@containr/client';
import type { Dashboard } from '@containr/ui-kit';
import { useThemeChoice } from '@containr/ui-kit';
import type { UiContext } from '@containr/sdk/ui';
import type { Surroundings } from '../messages.ts';
import type { Outside } from './outside.ts';
import { asWideAs } from './widths.ts';

/** The dashboard as views in a frame find it: the same as around any view, as far as it concerns the plugin. */
export interface Inside {
  readonly dashboard: Dashboard;
  readonly context: UiContext;
  /** Address of the page that the frame is. */
  path(): string;
  /** Takes over what changed around the frame. */
  change(around: Surroundings): void;
}

/** Makes it. Contributions of others are not there; theme, density and widths are those of the dashboard's window. */
export function dashboardInside(first: Surroundings, outside: Outside): Inside {
  const around = shallowRef(first);
  const client = createClient({ origin: first.origin, fetch: outside.fetch });
  const can = (permission: string): boolean => around.value.viewer?.permissions.includes(permission) ?? false;

  const dashboard: Dashboard = {
    client,
    viewer: computed(() => around.value.viewer),
    refreshViewer: async () => undefined,
    can,
    contributions: () => computed(() => []),
    listen: (topics, handler) => outside.listen(topics, handler),
    toast({ text, kind = 'done', action }) {
      const { label = '', to } = action ?? {};
      const number = action?.run && to === undefined ? outside.keep(() => action.run?.()) : undefined;
      const button = to === undefined ? (number === undefined ? null : { label, number }) : { label, to };
      outside.send({ type: 'toast', text: text.slice(0, 200), kind, action: button });
    },
    setPage: ({ title, crumbs }) =>
      outside.send({
        type: 'page',
        title: title.slice(0, 100),
        crumbs: crumbs.slice(0, 6).map(({ label, to }) => ({ label: label.slice(0, 100), ...(to ? { to } : {}) })),
      }),
  };

  function change(next: Surroundings): void {
    const root = document.documentElement;
    root.lang = next.locale;
    root.dataset['density'] = next.density;
    root.dataset['theme'] = next.theme;
    useThemeChoice().choose(next.theme);
    asWideAs(next.width);
    around.value = next;
  }

  change(first);
  return {
    dashboard,
    context: {
      request: (method, path, options) => client.request(method, path, options ?? {}),
      navigate: (to) => outside.send({ type: 'navigate', to, replace: false }),
      can,
    },
    path: () => around.value.path,
    change,
  };
}

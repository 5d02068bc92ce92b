import type { UiContribution, UiDefinition } from '@containr/sdk/ui';
import type { FrameMessage, ToFrame } from '../messages.ts';
import { contribution as wire } from '../messages.ts';
import { dashboardInside } from './dashboard-inside.ts';
import type { Outside } from './outside.ts';
import { messageOf } from './outside.ts';
import { showView } from './show-view.ts';

type Start = Extract<ToFrame, { type: 'start' }>;
type Described = Extract<FrameMessage, { type: 'described' }>['contributions'];

/** Loads the plugin's module, and shows one of its views, or says what it adds and waits for work. */
export async function start({ around, view, styles, plugin }: Start, outside: Outside): Promise<void> {
  try {
    const inside = dashboardInside(around, outside);
    const [{ default: definition }] = await Promise.all([load(), ...(view ? styles.map(addStyle) : [])]);
    inside.change(around);
    const find = (outlet: string, id: string): UiContribution => {
      const found = definition.contributions.find((one) => one.outlet === outlet && one.id === id);
      if (!found) throw new Error(`${plugin} adds no ${outlet} "${id}".`);
      return found;
    };
    outside.onWork = (outlet, id) => {
      const found = find(outlet, id);
      if ('read' in found) return found.read(inside.context);
      return 'run' in found ? found.run(inside.context) : undefined;
    };
    if (view) return await showView(find(view.outlet, view.id), { ...view, name: plugin }, inside, outside);
    outside.onAround = (next) => inside.change(next);
    outside.send({ type: 'described', contributions: definition.contributions.map(described) });
  } catch (error) {
    outside.send({ type: 'failed', detail: messageOf(error) });
  }
}

function load(): Promise<{ default: UiDefinition }> {
  return import(/* @vite-ignore */ new URL('index.js', document.baseURI).href) as Promise<{ default: UiDefinition }>;
}

/** A contribution without its functions and components. */
function described(contribution: UiContribution): Described[number] {
  const given = contribution as unknown as Readonly<Record<string, unknown>>;
  const words = Object.keys(wire.properties).flatMap((name) => (name in given ? [[name, given[name]] as const] : []));
  const { permission = null, view } = given;
  return { ...Object.fromEntries(words), permission, hasView: view !== undefined } as Described[number];
}

function addStyle(href: string): Promise<void> {
  return new Promise((resolve) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    // A page without an origin reads only what is open to all.
    link.crossOrigin = 'anonymous';
    link.href = href;
    link.onload = link.onerror = () => resolve();
    document.head.append(link);
  });
}

import { defineComponent, h, markRaw } from 'vue';
import type { AttentionItem, UiContribution, View } from '@containr/sdk/ui';
import type { Infer } from '@containr/sdk';
import { matches } from './check-message.ts';
import FramedView from './FramedView.vue';
import type { FramedPlugin } from './framed-plugin.ts';
import { givenOf } from './given.ts';
import type { Described } from './messages.ts';
import { ownPage } from './own-places.ts';
import type { Worker } from './worker.ts';

const text = (maxLength: number) => ({ type: 'string', maxLength }) as const;
const Card = {
  type: 'object',
  properties: {
    value: { anyOf: [{ type: 'number' }, text(40), { type: 'null' }] },
    unit: text(40),
    source: text(60),
    asOf: text(40),
    status: { type: 'string', enum: ['fresh', 'stale', 'empty', 'not-connected'] },
    note: text(200),
  },
  required: ['value', 'unit', 'source', 'asOf', 'status'],
  additionalProperties: false,
} as const;
const Attention = {
  type: 'array',
  maxItems: 20,
  items: {
    type: 'object',
    properties: {
      id: text(100),
      level: { type: 'string', enum: ['failed', 'warning', 'unknown'] },
      title: text(200),
      detail: text(400),
      action: {
        type: 'object',
        properties: { label: text(40), to: text(300) },
        required: ['label', 'to'],
        additionalProperties: false,
      },
    },
    required: ['id', 'level', 'title', 'detail', 'action'],
    additionalProperties: false,
  },
} as const;

const pagePath = /^(?:\/:?[A-Za-z][\w-]{0,60}\??){1,6}$/;

/** First segments of the dashboard's own pages. */
const taken: ReadonlySet<string> = new Set(['nodes', 'plugins', 'audit', 'settings']);

/**
 * What a plugin says that it adds, as contributions that look like anybody's: their views are frames, their code runs in the worker.
 * Pages lie below a segment of its own ; pages for who is not signed in are left out.
 */
export function framedContributions(
  plugin: FramedPlugin,
  described: readonly Described[],
  worker: Worker,
): readonly UiContribution[] {
  const own = [...plugin.framed.segments, plugin.name].filter((segment) => !taken.has(segment));
  const isOwnPage = ({ path = '' }: Described) => pagePath.test(path) && own.includes(path.split('/')[1] ?? '');
  const pages = described.filter((one) => one.outlet === 'page' && isOwnPage(one));
  plugin.places = {
    segments: plugin.framed.segments,
    pages: new Set(pages.map(({ path = '' }) => path.split('/')[1] ?? '')),
    paths: new Set([
      `/plugins/${plugin.name}`,
      ...described.filter((one) => isOwnSettings(plugin, one)).map(({ id }) => `/settings/${id}`),
    ]),
  };
  return described.flatMap((one) => contribution(plugin, one, worker, pages) ?? []);
}

function contribution(
  plugin: FramedPlugin,
  one: Described,
  worker: Worker,
  pages: readonly Described[],
): UiContribution | null {
  const { outlet, id, permission, label = '', title = '', topics = [], hasView } = one;
  const base = { id, permission, ...(one.order === undefined ? {} : { order: one.order }) };
  const isMine = (to: string) => ownPage(to, plugin.places, plugin.host.origin);
  const view = () => framedView(plugin, one);
  const work = () => worker.work(outlet, id);
  if (outlet === 'navigation') {
    if (one.heading === 'block') return hasView ? { ...base, outlet, heading: 'block', view: view() } : null;
    const to = isMine(one.to ?? '');
    return to === null || label === ''
      ? null
      : { ...base, outlet, heading: 'install', label, icon: one.icon ?? '', to };
  }
  if (outlet === 'command')
    return { ...base, outlet, label, words: one.words ?? [], run: async () => void (await work()) };
  if (outlet === 'dashboardCard')
    return {
      ...base,
      outlet,
      title,
      topics,
      read: async () => checked<Infer<typeof Card>>(plugin, Card, await work()),
    };
  if (outlet === 'attention')
    return {
      ...base,
      outlet,
      topics,
      async read(): Promise<readonly AttentionItem[]> {
        const items = checked<Infer<typeof Attention>>(plugin, Attention, await work());
        return items.map((item) => ({
          ...item,
          action: { ...item.action, to: isMine(item.action.to) ?? `/plugins/${plugin.name}` },
        }));
      },
    };
  if (!hasView) return null;
  if (outlet === 'page')
    return pages.includes(one) ? { ...base, outlet, path: one.path as `/${string}`, title, view: view() } : null;
  if (outlet === 'settingsPage' && !isOwnSettings(plugin, one)) return null;
  if (outlet === 'settingsPage') return { ...base, outlet, label, summary: one.summary ?? '', view: view() };
  if (outlet === 'servicePanelTab') return { ...base, outlet, label, bleed: one.bleed ?? false, view: view() };
  if (outlet === 'nodePanelTab') return { ...base, outlet, label, view: view() };
  if (outlet === 'deploymentSection') return { ...base, outlet, title, view: view() };
  if (outlet === 'serviceCard' || outlet === 'dashboardSection') return { ...base, outlet, view: view() };
  return null;
}

// Its address is its id.
function isOwnSettings({ name }: FramedPlugin, { outlet, id }: Described): boolean {
  return outlet === 'settingsPage' && (id === name || id.startsWith(`${name}-`));
}

function framedView(plugin: FramedPlugin, { outlet, id, bleed = false, title, label }: Described): View {
  const isPage = outlet === 'page' || outlet === 'settingsPage';
  const name = title ?? label;
  const props = {
    plugin,
    outlet,
    id,
    isPage,
    fill: isPage || bleed,
    title: name === undefined || name === plugin.displayName ? plugin.displayName : `${plugin.displayName}: ${name}`,
  };
  return markRaw(
    defineComponent({
      inheritAttrs: false,
      emits: ['changed'],
      setup:
        (_, { attrs, emit }) =>
        () =>
          h(FramedView, { ...props, given: givenOf(attrs), onChanged: () => emit('changed') }),
    }),
  );
}

function checked<T>(plugin: FramedPlugin, schema: Readonly<Record<string, unknown>>, value: unknown): T {
  if (!matches(schema, value)) throw new Error(`${plugin.displayName} gave something else than this place shows.`);
  return value as T;
}

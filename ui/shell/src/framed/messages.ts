import type { Infer } from '@containr/sdk';
import type { LiveEvent, Viewer } from '@containr/ui-kit';

/** The longest text that a frame may send in one message, in UTF-16 units. */
export const longestMessage = 300_000;

/** What one request of a frame may be. */
export const requestBounds = {
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  /** In characters. */
  body: 262_144,
  path: 2_000,
} as const;

const text = (maxLength: number) => ({ type: 'string', maxLength }) as const;
const number = { type: 'integer', minimum: 0, maximum: 9_007_199_254_740_991 } as const;
const texts = (maxItems: number, maxLength: number) => ({ type: 'array', maxItems, items: text(maxLength) }) as const;

/** One contribution, without its functions and components. */
export const contribution = {
  type: 'object',
  properties: {
    outlet: {
      type: 'string',
      enum: [
        'navigation',
        'page',
        'publicPage',
        'servicePanelTab',
        'serviceCard',
        'deploymentSection',
        'nodePanelTab',
        'dashboardCard',
        'dashboardSection',
        'settingsPage',
        'command',
        'attention',
      ],
    },
    id: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,59}$' },
    permission: { anyOf: [text(100), { type: 'null' }] },
    order: { type: 'number', minimum: 0, maximum: 1_000 },
    heading: { type: 'string', enum: ['install', 'block'] },
    label: text(60),
    icon: text(40),
    to: text(300),
    path: text(200),
    title: text(100),
    summary: text(200),
    cli: text(200),
    words: texts(20, 40),
    topics: texts(20, 100),
    bleed: { type: 'boolean' },
    hasView: { type: 'boolean' },
  },
  required: ['outlet', 'id', 'permission', 'hasView'],
  additionalProperties: false,
} as const;

const action = {
  type: 'object',
  properties: { label: text(40), to: text(300), number },
  required: ['label'],
  additionalProperties: false,
} as const;

const message = <const P extends Readonly<Record<string, unknown>>>(properties: P) =>
  ({
    type: 'object',
    properties,
    required: Object.keys(properties) as (keyof P & string)[],
    additionalProperties: false,
  }) as const;

/** What a frame may say, by `type`. Each message is JSON text, so that its size is known before it is read. */
export const fromFrame = {
  /** What the plugin adds; the first answer of a worker. */
  described: message({ contributions: { type: 'array', maxItems: 60, items: contribution } }),
  /** The view is drawn; the first answer of a view. */
  shown: message({}),
  /** The plugin's module can't be used. */
  failed: message({ detail: text(1_000) }),
  /** What `read` or `run` gave. */
  result: message({ id: number, value: {} }),
  refused: message({ id: number, detail: text(1_000) }),
  request: message({
    id: number,
    method: { type: 'string', enum: requestBounds.methods },
    path: text(requestBounds.path),
    headers: { type: 'object', additionalProperties: text(1_000) },
    body: { anyOf: [text(requestBounds.body), { type: 'null' }] },
  }),
  pull: message({ id: number }),
  drop: message({ id: number }),
  listen: message({ id: number, topics: texts(20, 100) }),
  deafen: message({ id: number }),
  navigate: message({ to: text(2_000), replace: { type: 'boolean' } }),
  page: message({
    title: text(100),
    crumbs: {
      type: 'array',
      maxItems: 6,
      items: {
        type: 'object',
        properties: { label: text(100), to: text(300) },
        required: ['label'],
        additionalProperties: false,
      },
    },
  }),
  toast: message({
    text: text(200),
    kind: { type: 'string', enum: ['done', 'failed'] },
    action: { anyOf: [action, { type: 'null' }] },
  }),
  size: message({ height: { type: 'integer', minimum: 0, maximum: 20_000 } }),
  changed: message({}),
  key: message({ key: { type: 'string', enum: ['palette', 'escape'] } }),
  alive: message({ beat: number }),
} as const;

type Schemas = typeof fromFrame;
/** One message of a frame. */
export type FrameMessage = { [K in keyof Schemas]: { readonly type: K } & Infer<Schemas[K]> }[keyof Schemas];
/** What a plugin says that it adds. */
export type Described = Infer<typeof contribution>;

/** What is around a frame; sent at its start and whenever it changes. */
export interface Surroundings {
  readonly theme: 'light' | 'dark';
  readonly density: string;
  readonly locale: string;
  /** Of the dashboard's window, in CSS pixels: what widths in style sheets mean. */
  readonly width: number;
  /** Origin of the dashboard. */
  readonly origin: string;
  /** Address of the page that the frame is; `/` for other frames. */
  readonly path: string;
  /** Who is signed in, without the address; of the permissions only those that the plugin brings. */
  readonly viewer: Viewer | null;
}

/** What the dashboard says to a frame. */
export type ToFrame =
  | {
      readonly type: 'start';
      /** What people call it. */ readonly plugin: string;
      readonly styles: readonly string[];
      readonly around: Surroundings;
      readonly view: ShownView | null;
    }
  | { readonly type: 'around'; readonly around: Surroundings }
  | { readonly type: 'given'; readonly given: Given }
  | { readonly type: 'work'; readonly id: number; readonly outlet: string; readonly contribution: string }
  | {
      readonly type: 'answered';
      readonly id: number;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly type: 'unanswered'; readonly id: number; readonly detail: string }
  | { readonly type: 'piece'; readonly id: number; readonly bytes: Uint8Array | null }
  | { readonly type: 'event'; readonly id: number; readonly event: LiveEvent | null }
  | { readonly type: 'acted'; readonly number: number }
  | { readonly type: 'beat'; readonly beat: number };

/** Properties of a view. */
export type Given = Readonly<Record<string, unknown>>;

/** Which view a frame shows, and with which properties. */
export interface ShownView {
  readonly outlet: string;
  readonly id: string;
  readonly given: Given;
  /** As high as its place, scrolling inside; else as high as its content. */
  readonly fill: boolean;
}

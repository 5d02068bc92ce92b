import { defineSchema } from '@containr/sdk';
import type { Infer, JSONSchema } from '@containr/sdk';
import { TaskId } from '@containr/sdk/wire';

const name = { type: 'string', minLength: 1, maxLength: 120, pattern: '^[A-Za-z0-9][A-Za-z0-9._:/-]*$' } as const;
const text = { type: 'string', maxLength: 4000 } as const;
/** What may stand in a header: no line ends, nothing that is not Latin. */
const headerText = { type: 'string', maxLength: 16_000, pattern: '^[\\t\\x20-\\x7e\\x80-\\xff]*$' } as const;
/** Names a value, a counter or a topic that processes share. */
const key = { type: 'string', minLength: 1, maxLength: 200 } as const;
/** Longest that a value is kept, or a rate is counted over: a day. */
const span = { type: 'integer', minimum: 1, maximum: 86_400_000 } as const;
const id = { type: 'integer', minimum: 0, maximum: 4_294_967_295 } as const;
const access = { permission: { type: 'string', maxLength: 120 }, public: { type: 'boolean' } } as const;
const path = { type: 'string', pattern: '^/[A-Za-z0-9/{}*._~-]*$', maxLength: 500 } as const;
const method = { type: 'string', enum: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] } as const;

function closed<const P extends Record<string, JSONSchema>, const R extends readonly (keyof P & string)[]>(
  properties: P,
  required: R,
) {
  return { type: 'object', properties, required, additionalProperties: false } as const;
}

/** For whom a call of the child acts: a request that is in flight in it, by number, or the plugin itself. */
export const Actor = defineSchema({
  anyOf: [
    closed({ request: id }, ['request']),
    closed({ organisation: { anyOf: [{ type: 'string', maxLength: 64 }, { type: 'null' }] } }, ['organisation']),
  ],
});
export type Actor = Infer<typeof Actor>;

/** What the child may register, by kind. */
export const registrations = {
  route: closed(
    { ref: id, ...access, method, path, summary: text, status: { type: 'integer', minimum: 200, maximum: 299 } },
    ['ref', 'method', 'path', 'summary'],
  ),
  raw: closed(
    {
      ref: id,
      ...access,
      methods: { type: 'array', items: method, minItems: 1, maxItems: 5 },
      path,
      root: { type: 'boolean' },
      summary: text,
      accepts: { type: 'array', items: text, maxItems: 50 },
      maxBytes: { type: 'integer', minimum: 0 },
      basicRealm: { type: 'string', maxLength: 100, pattern: '^[A-Za-z0-9 ._-]*$' },
    },
    ['ref', 'methods', 'path', 'summary', 'accepts', 'maxBytes'],
  ),
  events: closed({ ref: id, ...access, path, summary: text }, ['ref', 'path', 'summary']),
  socket: closed({ ref: id, ...access, path, summary: text, readOnly: { type: 'boolean' } }, [
    'ref',
    'path',
    'summary',
  ]),
  tap: closed(
    {
      ref: id,
      hook: name,
      kind: { type: 'string', enum: ['choose', 'amend', 'gate', 'verify'] },
      stage: { type: 'integer', minimum: -1000, maximum: 1000 },
    },
    ['ref', 'hook', 'kind', 'stage'],
  ),
  hook: closed(
    { ref: id, hook: name, kind: { type: 'string', enum: ['choose', 'amend', 'gate', 'verify'] }, summary: text },
    ['ref', 'hook', 'kind', 'summary'],
  ),
  service: closed({ ref: id, contract: name, id: name, methods: { type: 'array', items: name, maxItems: 100 } }, [
    'ref',
    'contract',
    'id',
    'methods',
  ]),
  event: closed({ ref: id, event: name, permission: { type: 'string', maxLength: 120 } }, [
    'ref',
    'event',
    'permission',
  ]),
  on: closed({ ref: id, event: name }, ['ref', 'event']),
  job: closed({ ref: id, job: name, summary: text, schedule: { type: 'string', maxLength: 100 } }, [
    'ref',
    'job',
    'summary',
  ]),
  repeat: closed({ ref: id, label: text, everyMs: { type: 'integer', minimum: 100 } }, ['ref', 'label', 'everyMs']),
  settings: closed({ ref: id }, ['ref']),
  taskEnd: closed({ ref: id, capability: name }, ['ref', 'capability']),
  taskOutput: closed({ ref: id, capability: name }, ['ref', 'capability']),
  report: closed({ ref: id, report: name }, ['ref', 'report']),
  connect: closed({ ref: id }, ['ref']),
  live: closed({ ref: id, topic: key }, ['ref', 'topic']),
  own: closed({ ref: id, label: text }, ['ref', 'label']),
} as const;
export type RegistrationKind = keyof typeof registrations;

const emitted = closed(
  {
    event: name,
    payload: true,
    topics: { type: 'array', maxItems: 50, items: { type: 'string', maxLength: 200 } },
    organisation: { anyOf: [{ type: 'string', maxLength: 64 }, { type: 'null' }] },
  },
  ['event', 'payload', 'topics', 'organisation'],
);

const enqueued = closed(
  {
    job: name,
    input: true,
    key: { type: 'string', maxLength: 200 },
    queue: { type: 'string', maxLength: 200 },
    runAt: { type: 'string', format: 'date-time' },
    maxAttempts: { type: 'integer', minimum: 1, maximum: 50 },
  },
  ['job', 'input'],
);

/** An event or a job of a transaction that goes out with it. */
export const Told = defineSchema({
  anyOf: [closed({ emit: emitted }, ['emit']), closed({ enqueue: enqueued }, ['enqueue'])],
});
export type Told = Infer<typeof Told>;

/** What the child may ask. */
export const requests = {
  register: closed({ kind: { type: 'string', enum: Object.keys(registrations) }, spec: { type: 'object' } }, [
    'kind',
    'spec',
  ]),
  unregister: closed({ ref: id }, ['ref']),
  'body.next': closed({ body: id }, ['body']),
  'socket.next': closed({ socket: id }, ['socket']),
  'hook.run': closed({ hook: name, kind: registrations.hook.properties.kind, payload: true }, ['hook', 'kind']),
  'service.call': closed({ contract: name, id: name, method: name, input: true, as: Actor }, [
    'contract',
    'method',
    'as',
  ]),
  'secret.read': closed({ name }, ['name']),
  'agents.nodes': closed({}, []),
  'agents.call': closed(
    { node: text, capability: name, input: true, timeoutMs: { type: 'integer', minimum: 1, maximum: 600_000 } },
    ['node', 'capability', 'timeoutMs'],
  ),
  'task.start': closed({ node: text, capability: name, task: TaskId, input: true }, ['node', 'capability', 'task']),
  'task.status': closed({ node: text, task: TaskId }, ['node', 'task']),
  'task.cancel': closed({ node: text, task: TaskId }, ['node', 'task']),
  'live.get': closed({ key }, ['key']),
  'live.set': closed({ key, value: true, ttlMs: span }, ['key', 'value', 'ttlMs']),
  'live.delete': closed({ key }, ['key']),
  'live.take': closed({ key, limit: { type: 'integer', minimum: 1 }, windowMs: span }, ['key', 'limit', 'windowMs']),
  'live.publish': closed({ topic: key, message: true }, ['topic', 'message']),
  'store.open': closed({ as: { anyOf: [Actor, closed({ system: text }, ['system'])] } }, ['as']),
  'store.query': closed(
    {
      session: id,
      text: { type: 'string', maxLength: 1_000_000 },
      values: { type: 'array', maxItems: 65_535, items: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
    },
    ['session', 'text', 'values'],
  ),
  'store.close': closed(
    {
      session: id,
      commit: { type: 'boolean' },
      told: { type: 'array', maxItems: 1000, items: Told },
    },
    ['session', 'commit', 'told'],
  ),
  emit: emitted,
  enqueue: enqueued,
  fetch: closed(
    {
      url: { type: 'string', maxLength: 8000 },
      method: { type: 'string', pattern: '^(?!CONNECT$|TRACE$|TRACK$)[A-Z]{1,16}$' },
      headers: {
        type: 'array',
        maxItems: 100,
        items: { type: 'array', items: headerText, minItems: 2, maxItems: 2 },
      },
      body: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      redirect: { type: 'string', enum: ['follow', 'manual', 'error'] },
    },
    ['url', 'method', 'headers', 'body', 'redirect'],
  ),
} as const;
export type RequestOp = keyof typeof requests;

/** What the child may tell. */
export const notices = {
  log: closed(
    { level: { type: 'string', enum: ['debug', 'info', 'warn', 'error'] }, fields: { type: 'object' }, message: text },
    ['level', 'fields', 'message'],
  ),
  'socket.send': closed({ socket: id, text: { type: 'string' }, bytes: { type: 'string' } }, ['socket']),
  'socket.close': closed(
    { socket: id, code: { type: 'integer', minimum: 1000, maximum: 4999 }, reason: { type: 'string', maxLength: 120 } },
    ['socket'],
  ),
} as const;
export type NoticeOp = keyof typeof notices;

/** What the child says of the package before it is set up. */
export const Description = defineSchema(
  closed(
    {
      settings: { type: 'object' },
      migrations: {
        type: 'array',
        maxItems: 500,
        items: closed(
          {
            name: { type: 'string', pattern: '^[a-z0-9-]{1,80}$' },
            up: { type: 'array', maxItems: 200, items: { type: 'string', maxLength: 200_000 } },
          },
          ['name', 'up'],
        ),
      },
      verifies: { type: 'boolean' },
      settles: { type: 'boolean' },
    },
    ['migrations', 'verifies', 'settles'],
  ),
);
export type Description = Infer<typeof Description>;

/** Answers of handlers. */
export const answers = {
  reply: defineSchema(
    closed(
      {
        status: { type: 'integer', minimum: 200, maximum: 599 },
        headers: { type: 'object', additionalProperties: { type: 'string', maxLength: 8000 } },
        cookies: {
          type: 'array',
          maxItems: 20,
          items: closed(
            {
              name: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,100}$' },
              value: text,
              maxAgeSeconds: { type: 'number' },
            },
            ['name', 'value', 'maxAgeSeconds'],
          ),
        },
        body: true,
      },
      [],
    ),
  ),
  response: defineSchema(
    closed(
      {
        status: { type: 'integer', minimum: 200, maximum: 599 },
        headers: requests.fetch.properties.headers,
        stream: { anyOf: [id, { type: 'null' }] },
      },
      ['status', 'headers', 'stream'],
    ),
  ),
  stream: defineSchema(closed({ stream: id }, ['stream'])),
  item: defineSchema({
    anyOf: [
      { type: 'null' },
      closed({ id: { type: 'string', maxLength: 200 }, event: { type: 'string', maxLength: 100 }, data: true }, [
        'data',
      ]),
    ],
  }),
} as const;

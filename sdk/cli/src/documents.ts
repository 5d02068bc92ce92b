import type { AnswerOf, ItemOf } from '@containr/client';
import type { Infer, JSONSchema } from '@containr/sdk';

/** A schema of what the commands read of a document; it does not compile when the API gives something else. */
export function reads<Given>() {
  return function schema<const S extends JSONSchema>(read: [Given] extends [Infer<S>] ? S : never): S {
    return read;
  };
}

/** What the commands read of a page of a list. */
export function listOf<const S extends JSONSchema>(item: S) {
  return { type: 'object', properties: { items: { type: 'array', items: item } }, required: ['items'] } as const;
}

/** What the commands read of the API's documents; further fields pass through to `--json`. */
export const Project = reads<ItemOf<'/projects'>>()({
  type: 'object',
  properties: { id: { type: 'string' }, slug: { type: 'string' }, name: { type: 'string' } },
  required: ['id', 'slug', 'name'],
});
export type Project = Infer<typeof Project>;

export const Environment = Project;
export type Environment = Infer<typeof Environment>;

export const Service = reads<ItemOf<'/services'>>()({
  type: 'object',
  properties: {
    id: { type: 'string' },
    slug: { type: 'string' },
    name: { type: 'string' },
    kind: { type: 'string' },
    environment: { type: 'string' },
    status: {
      type: 'object',
      properties: {
        state: { type: 'string' },
        replicas: {
          type: 'object',
          properties: { desired: { type: 'integer' }, ready: { type: 'integer' } },
          required: ['desired', 'ready'],
        },
      },
      required: ['state', 'replicas'],
    },
    urls: { type: 'array', items: { type: 'string' } },
    gitUrl: { type: ['string', 'null'] },
    revision: { type: 'integer' },
  },
  required: ['id', 'slug', 'name', 'kind', 'environment', 'status', 'urls', 'gitUrl', 'revision'],
});
export type Service = Infer<typeof Service>;

export const SpecPage = reads<AnswerOf<'GET', '/specs'>>()(
  listOf({
    type: 'object',
    properties: { revision: { type: 'integer' }, spec: { type: 'object' } },
    required: ['revision', 'spec'],
  }),
);

export const Domain = reads<ItemOf<'/domains'>>()({
  type: 'object',
  properties: {
    id: { type: 'string' },
    host: { type: 'string' },
    path: { type: 'string' },
    kind: { type: 'string' },
    url: { type: 'string' },
    ownership: {
      anyOf: [
        { type: 'null' },
        {
          type: 'object',
          properties: {
            state: { type: 'string' },
            problem: { type: ['string', 'null'] },
            record: {
              type: 'object',
              properties: { type: { type: 'string' }, name: { type: 'string' }, value: { type: 'string' } },
              required: ['type', 'name', 'value'],
            },
          },
          required: ['state', 'problem', 'record'],
        },
      ],
    },
    certificate: {
      anyOf: [
        { type: 'null' },
        {
          type: 'object',
          properties: {
            state: { type: 'string' },
            expiresAt: { type: ['string', 'null'] },
            problem: { type: ['string', 'null'] },
            hint: { type: ['string', 'null'] },
          },
          required: ['state', 'expiresAt', 'problem', 'hint'],
        },
      ],
    },
  },
  required: ['id', 'host', 'path', 'kind', 'url', 'ownership', 'certificate'],
});
export type Domain = Infer<typeof Domain>;

const Waiting = {
  anyOf: [
    { type: 'null' },
    {
      type: 'object',
      properties: {
        kind: { type: 'string' },
        reason: { type: 'string' },
        position: { type: 'integer' },
        of: { type: 'integer' },
      },
      required: ['kind', 'reason', 'position', 'of'],
    },
  ],
} as const;

export const Deployment = reads<AnswerOf<'GET', '/deployments/{id}'>>()({
  type: 'object',
  properties: {
    id: { type: 'string' },
    number: { type: 'integer' },
    status: { type: 'string' },
    phase: { type: ['string', 'null'] },
    waiting: Waiting,
    cause: {
      anyOf: [
        { type: 'null' },
        {
          type: 'object',
          properties: { code: { type: 'string' }, detail: { type: 'string' }, hint: { type: 'string' } },
          required: ['code', 'detail', 'hint'],
        },
      ],
    },
    notices: {
      type: 'array',
      items: {
        type: 'object',
        properties: { detail: { type: 'string' }, hint: { type: 'string' } },
        required: ['detail', 'hint'],
      },
    },
    phases: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          status: { type: 'string' },
          durationMs: { type: ['integer', 'null'] },
          message: { type: ['string', 'null'] },
        },
        required: ['name', 'status', 'durationMs', 'message'],
      },
    },
    urls: { type: 'array', items: { type: 'string' } },
    createdAt: { type: 'string' },
    createdBy: { type: 'string' },
  },
  required: [
    'id',
    'number',
    'status',
    'phase',
    'waiting',
    'cause',
    'notices',
    'phases',
    'urls',
    'createdAt',
    'createdBy',
  ],
});
export type Deployment = Infer<typeof Deployment>;

export const Run = reads<AnswerOf<'GET', '/runs/{id}'>>()({
  type: 'object',
  properties: {
    id: { type: 'string' },
    status: { type: 'string' },
    exitCode: { type: ['integer', 'null'] },
    reason: { type: ['string', 'null'] },
    scheduledFor: { type: ['string', 'null'] },
    createdAt: { type: 'string' },
    createdBy: { type: 'string' },
  },
  required: ['id', 'status', 'exitCode', 'reason', 'scheduledFor', 'createdAt', 'createdBy'],
});
export type Run = Infer<typeof Run>;

/** A deployment as lists show it. */
export const Summary = reads<ItemOf<'/deployments'>>()({
  type: 'object',
  properties: {
    id: { type: 'string' },
    number: { type: 'integer' },
    service: { type: 'string' },
    status: { type: 'string' },
    waiting: Waiting,
    createdAt: { type: 'string' },
    createdBy: { type: 'string' },
  },
  required: ['id', 'number', 'service', 'status', 'waiting', 'createdAt', 'createdBy'],
});

export const LogPage = reads<AnswerOf<'GET', '/logs'>>()(
  listOf({
    type: 'object',
    properties: {
      at: { type: 'string' },
      source: { type: 'string' },
      phase: { type: ['string', 'null'] },
      text: { type: 'string' },
      cursor: { type: 'string' },
    },
    required: ['at', 'source', 'phase', 'text', 'cursor'],
  }),
);
export type LogPage = Infer<typeof LogPage>;
export type LogLine = LogPage['items'][number];

/** The answer of `/readyz`. */
export const Readiness = {
  type: 'object',
  properties: {
    ready: { type: 'boolean' },
    checks: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, ok: { type: 'boolean' }, reason: { type: ['string', 'null'] } },
        required: ['name', 'ok', 'reason'],
      },
    },
  },
  required: ['ready', 'checks'],
} as const;
export type Readiness = Infer<typeof Readiness>;

/** An account of the install. */
export const User = reads<ItemOf<'/users'>>()({
  type: 'object',
  properties: {
    id: { type: 'string' },
    email: { type: 'string' },
    name: { type: 'string' },
    organisations: { type: 'array', items: { type: 'string' } },
    createdAt: { type: 'string' },
  },
  required: ['id', 'email', 'name', 'organisations', 'createdAt'],
});

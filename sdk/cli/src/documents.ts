import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';

/** What the commands read of the API's documents; further fields pass through to `--json`. */
export const Project = defineSchema({
  type: 'object',
  properties: { id: { type: 'string' }, slug: { type: 'string' }, name: { type: 'string' } },
  required: ['id', 'slug', 'name'],
});
export type Project = Infer<typeof Project>;

export const Environment = Project;
export type Environment = Infer<typeof Environment>;

export const Service = defineSchema({
  type: 'object',
  properties: {
    id: { type: 'string' },
    slug: { type: 'string' },
    name: { type: 'string' },
    kind: { type: 'string' },
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
  },
  required: ['id', 'slug', 'name', 'kind', 'status', 'urls', 'gitUrl'],
});
export type Service = Infer<typeof Service>;

export const Deployment = defineSchema({
  type: 'object',
  properties: {
    id: { type: 'string' },
    number: { type: 'integer' },
    status: { type: 'string' },
    phase: { type: ['string', 'null'] },
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
  required: ['id', 'number', 'status', 'phase', 'cause', 'phases', 'urls', 'createdAt', 'createdBy'],
});
export type Deployment = Infer<typeof Deployment>;

export const LogPage = defineSchema({
  type: 'object',
  properties: {
    items: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          at: { type: 'string' },
          source: { type: 'string' },
          phase: { type: ['string', 'null'] },
          text: { type: 'string' },
          cursor: { type: 'string' },
        },
        required: ['at', 'source', 'phase', 'text', 'cursor'],
      },
    },
  },
  required: ['items'],
});
export type LogPage = Infer<typeof LogPage>;
export type LogLine = LogPage['items'][number];

export const Plugin = defineSchema({
  type: 'object',
  properties: {
    name: { type: 'string' },
    state: { type: 'string' },
    version: { type: 'string' },
    displayName: { type: 'string' },
  },
  required: ['name', 'state', 'version', 'displayName'],
});
export type Plugin = Infer<typeof Plugin>;

export const AuditRow = defineSchema({
  type: 'object',
  properties: {
    position: { type: 'integer' },
    at: { type: 'string' },
    principal: {
      type: 'object',
      properties: { kind: { type: 'string' }, name: { type: 'string' } },
      required: ['kind', 'name'],
    },
    action: { type: 'string' },
    targets: { type: 'object', additionalProperties: { type: 'string' } },
    status: { type: ['integer', 'null'] },
  },
  required: ['position', 'at', 'principal', 'action', 'targets', 'status'],
});
export type AuditRow = Infer<typeof AuditRow>;

export const AuditVerdict = defineSchema({
  type: 'object',
  properties: {
    ok: { type: 'boolean' },
    checked: { type: 'integer' },
    broken: {
      anyOf: [
        {
          type: 'object',
          properties: { position: { type: 'integer' }, reason: { type: 'string' } },
          required: ['position', 'reason'],
        },
        { type: 'null' },
      ],
    },
  },
  required: ['ok', 'checked', 'broken'],
});
export type AuditVerdict = Infer<typeof AuditVerdict>;

/** One page of a list. */
export const Page = defineSchema({
  type: 'object',
  properties: { items: { type: 'array', items: {} }, nextCursor: { type: ['string', 'null'] } },
  required: ['items', 'nextCursor'],
});
export type Page = Infer<typeof Page>;

import type { PluginContext } from '@containr/sdk';
import { ContainrError, defineSchema, Empty, listQuery, pageOf, Timestamp } from '@containr/sdk';
import type { Audit } from './audit.ts';
import type { AuditRow } from './row.ts';

const nullableText = { anyOf: [{ type: 'string' }, { type: 'null' }] } as const;
const text = { type: 'string' } as const;
const AuditDocument = defineSchema({
  type: 'object',
  properties: {
    position: { type: 'integer' },
    at: Timestamp,
    organisation: nullableText,
    principal: {
      type: 'object',
      properties: { kind: text, id: text, name: text, via: text },
      required: ['kind', 'id', 'name', 'via'],
      additionalProperties: false,
    },
    action: text,
    plugin: text,
    targets: { type: 'object', additionalProperties: { type: 'string' } },
    status: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    requestId: nullableText,
    address: nullableText,
    previous: text,
    hash: text,
  },
  required: [
    'position',
    'at',
    'organisation',
    'principal',
    'action',
    'plugin',
    'targets',
    'status',
    'requestId',
    'address',
    'previous',
    'hash',
  ],
  additionalProperties: false,
});
const { limit, cursor, search } = listQuery;
const AuditQuery = defineSchema({
  type: 'object',
  properties: {
    limit,
    cursor,
    search,
    /** Id or name of who acted. */
    principal: { type: 'string', maxLength: 300 },
    plugin: { type: 'string', maxLength: 100 },
    since: Timestamp,
    until: Timestamp,
  },
  additionalProperties: false,
});
const Verdict = defineSchema({
  type: 'object',
  properties: {
    ok: { type: 'boolean' },
    checked: { type: 'integer' },
    broken: {
      anyOf: [
        {
          type: 'object',
          properties: {
            position: { type: 'integer' },
            reason: { type: 'string', enum: ['changed', 'missing', 'reordered', 'truncated', 'added', 'head'] },
          },
          required: ['position', 'reason'],
          additionalProperties: false,
        },
        { type: 'null' },
      ],
    },
  },
  required: ['ok', 'checked', 'broken'],
  additionalProperties: false,
});

/** Registers `/audit`: who acts in an organisation sees its rows, the console sees all. */
export function registerAuditRoutes(
  http: Pick<PluginContext['http'], 'route'>,
  audit: Pick<Audit, 'list' | 'verify'>,
): void {
  http.route({
    method: 'GET',
    path: '/audit',
    permission: 'audit:read',
    summary: 'Who did what, newest first',
    query: AuditQuery,
    response: pageOf(AuditDocument),
    handler: async ({ query, principal }) => {
      if (principal.organisation === null && principal.kind !== 'console')
        throw new ContainrError({
          code: 'FORBIDDEN',
          status: 403,
          detail: `${principal.name} acts in no organisation, so there is nothing it may see here.`,
          hint: 'Name an organisation with the Containr-Organisation header.',
        });
      const page = await audit.list({ ...query, organisation: principal.organisation });
      return { items: page.items.map(show), nextCursor: page.nextCursor };
    },
  });
  http.route({
    method: 'POST',
    path: '/audit/verify',
    permission: 'audit:read',
    summary: 'Walks the whole log and names the first row that is not as it was written',
    body: Empty,
    response: Verdict,
    handler: async () => {
      const { ok, checked, broken } = await audit.verify();
      return { ok, checked, broken: broken && { ...broken } };
    },
  });
}

function show(row: AuditRow) {
  return { ...row, at: row.at.toISOString(), principal: { ...row.principal }, targets: { ...row.targets } };
}

import type { AnswerOf } from '@containr/client';
import { listOf, reads } from './documents.ts';

/** A page of the audit log. */
export const AuditPage = reads<AnswerOf<'GET', '/audit'>>()(
  listOf({
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
  }),
);

/** Whether the log is whole. */
export const AuditVerdict = reads<AnswerOf<'POST', '/audit/verify'>>()({
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

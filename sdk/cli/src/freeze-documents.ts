import type { AnswerOf } from '@containr/client';
import type { Infer } from '@containr/sdk';
import { listOf, reads } from './documents.ts';

/** A freeze window, as the commands read it. */
export const Freeze = reads<AnswerOf<'GET', '/freezes'>['items'][number]>()({
  type: 'object',
  properties: {
    id: { type: 'string' },
    name: { type: 'string' },
    weekly: {
      anyOf: [
        { type: 'null' },
        {
          type: 'object',
          properties: {
            weekdays: { type: 'array', items: { type: 'integer' } },
            from: { type: 'string' },
            until: { type: 'string' },
            timeZone: { type: 'string' },
          },
          required: ['weekdays', 'from', 'until', 'timeZone'],
        },
      ],
    },
    once: {
      anyOf: [
        { type: 'null' },
        {
          type: 'object',
          properties: { from: { type: 'string' }, until: { type: 'string' } },
          required: ['from', 'until'],
        },
      ],
    },
    rollback: { type: 'boolean' },
    openUntil: { type: ['string', 'null'] },
    opensAt: { type: ['string', 'null'] },
  },
  required: ['id', 'name', 'weekly', 'once', 'rollback', 'openUntil', 'opensAt'],
});
export type Freeze = Infer<typeof Freeze>;
/** Freeze windows of an environment. */
export const FreezeList = listOf(Freeze);

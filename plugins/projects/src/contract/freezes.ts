import type { Infer } from '@containr/sdk';
import { defineSchema, Id, OptionalTimestamp, Timestamp } from '@containr/sdk';
import { nullable } from './nullable.ts';

const clockTime = { type: 'string', pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' } as const;

/** Comes back on days of the week: from a time of the day until the next time that the clock shows `until`, 24 hours later at most. */
export const WeeklyWindow = defineSchema({
  type: 'object',
  properties: {
    /** 1 is Monday, 7 Sunday: days that it begins on. */
    weekdays: {
      type: 'array',
      items: { type: 'integer', minimum: 1, maximum: 7 },
      minItems: 1,
      maxItems: 7,
      uniqueItems: true,
    },
    from: clockTime,
    until: clockTime,
    /** IANA name, for example `Europe/Berlin`. */
    timeZone: { type: 'string', minLength: 1, maxLength: 60 },
  },
  required: ['weekdays', 'from', 'until', 'timeZone'],
  additionalProperties: false,
});
export type WeeklyWindow = Infer<typeof WeeklyWindow>;

/** Is there once. */
export const OneOffWindow = defineSchema({
  type: 'object',
  properties: { from: Timestamp, until: Timestamp },
  required: ['from', 'until'],
  additionalProperties: false,
});
export type OneOffWindow = Infer<typeof OneOffWindow>;

/** A freeze window of an environment: while it is open, nothing is deployed there. Of `weekly` and `once` one is set. */
export const FreezeDocument = defineSchema({
  type: 'object',
  properties: {
    id: Id,
    environment: Id,
    name: { type: 'string' },
    weekly: nullable(WeeklyWindow),
    once: nullable(OneOffWindow),
    /** Whether one may go back to an earlier version meanwhile. */
    rollback: { type: 'boolean' },
    /** When it ends, while it is open. */
    openUntil: OptionalTimestamp,
    /** When it opens next; `null` when never again. */
    opensAt: OptionalTimestamp,
    createdBy: { type: 'string' },
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  required: [
    'id',
    'environment',
    'name',
    'weekly',
    'once',
    'rollback',
    'openUntil',
    'opensAt',
    'createdBy',
    'createdAt',
    'updatedAt',
  ],
  additionalProperties: false,
});
export type FreezeDocument = Infer<typeof FreezeDocument>;

/** What keeps an environment from changing at a moment. */
export const Frozen = defineSchema({
  type: 'object',
  properties: {
    /** Slug of the environment. */
    environment: { type: 'string' },
    /** Names of the windows that are open. */
    windows: { type: 'array', items: { type: 'string' } },
    /** When none is open any more, windows that follow at once included. */
    until: Timestamp,
    /** Whether all of them let rollbacks through. */
    rollback: { type: 'boolean' },
  },
  required: ['environment', 'windows', 'until', 'rollback'],
  additionalProperties: false,
});
export type Frozen = Infer<typeof Frozen>;

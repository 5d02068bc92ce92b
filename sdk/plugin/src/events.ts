import type { Infer, JSONSchema } from './schema.ts';

/** A fact after it happened; never steers anything. Kept in the outbox, streamed to who may see it. */
export interface Event<P = unknown> {
  readonly type: 'event';
  /** `noun.past`. */
  readonly name: string;
  readonly payload: JSONSchema;
  /** When it is told, for who reads the reference; one sentence without its full stop. */
  readonly summary?: string;
  /** Who may receive it on the event stream. */
  readonly permission: string;
  /** Stream topics (`project:<id>`) that a payload belongs to. */
  topics(payload: P): readonly string[];
}

/** An event with its place in the outbox. */
export interface Delivered<P> {
  /** Position in the outbox: grows by commit order, without gaps for a reader. */
  readonly position: bigint;
  readonly organisation: string | null;
  readonly at: Date;
  readonly payload: P;
}

/**
 * Defines an event.
 *
 * @example export const ProjectCreated = defineEvent({ name: 'project.created', payload: ProjectRef, permission: 'project:read', topics: (p) => [`project:${p.project}`] });
 */
export function defineEvent<const S extends JSONSchema>(event: {
  name: string;
  payload: S;
  summary?: string;
  permission: string;
  topics: Event<Infer<S>>['topics'];
}): Event<Infer<S>> {
  return {
    type: 'event',
    name: event.name,
    payload: event.payload,
    ...(event.summary === undefined ? {} : { summary: event.summary }),
    permission: event.permission,
    topics: event.topics,
  };
}

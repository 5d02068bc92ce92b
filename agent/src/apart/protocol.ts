import { defineSchema } from '@containr/sdk';
import type { Infer, JSONSchema } from '@containr/sdk';

/** Longest that a capability of a half that runs apart may ask for: a day. */
const longestMs = 86_400_000;
const name = { type: 'string', minLength: 1, maxLength: 100, pattern: '^[a-z0-9][a-z0-9.-]*$' } as const;
const ref = { type: 'integer', minimum: 0, maximum: 4_294_967_295 } as const;

function closed<const P extends Record<string, JSONSchema>, const R extends readonly (keyof P & string)[]>(
  properties: P,
  required: R,
) {
  return { type: 'object', properties, required, additionalProperties: false } as const;
}

/** What the child may ask. Schemas of capabilities and reports stay in the child: nobody else compiles them. */
export const requests = {
  capability: closed({ ref, name, timeoutMs: { type: 'integer', minimum: 1, maximum: longestMs } }, [
    'ref',
    'name',
    'timeoutMs',
  ]),
  connect: closed({ ref }, ['ref']),
  unregister: closed({ ref }, ['ref']),
  report: closed({ name, payload: true }, ['name', 'payload']),
  fetch: closed({ path: { type: 'string', maxLength: 2000, pattern: '^/[\\x21-\\x7e]*$' } }, ['path']),
  'body.next': closed({ body: ref }, ['body']),
} as const;
export type RequestOp = keyof typeof requests;
export type Data<K extends RequestOp> = Infer<(typeof requests)[K]>;

/** A line that a handler wrote while it ran; `run` is the number that the handler was started with. */
export const Output = defineSchema(
  closed(
    {
      run: ref,
      stream: { type: 'string', enum: ['stdout', 'stderr', 'system'] },
      lines: { type: 'array', maxItems: 1000, items: { type: 'string' } },
    },
    ['run', 'stream', 'lines'],
  ),
);
export type Output = Infer<typeof Output>;

/** What the child is told before its half is set up. */
export interface Boot {
  readonly plugin: string;
  readonly install: string;
  readonly node: { readonly id: string; readonly name: string; readonly address: string };
  readonly directory: string;
}

/** One run of a capability, as the child is asked for it. */
export interface Run {
  readonly input: unknown;
  /** Name of the task; `null` for a short call. */
  readonly task: string | null;
  /** Number that what it writes is sent under. */
  readonly run: number;
}

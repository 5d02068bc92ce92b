import type { Infer } from '../schema.ts';
import { defineSchema } from '../schema.ts';
import { defineContract } from '../services.ts';

/** Most bytes that one reading of a file gives. */
export const largestPiece = 1_048_576;

const path = { type: 'string', minLength: 1, maxLength: 4096 } as const;

/** One file of a source. Folders are there by what lies in them; a `link` says where it leads, relative to its own folder. */
export const SourceFile = defineSchema({
  type: 'object',
  properties: {
    /** Relative to the root directory of the service, with `/` between folders. */
    path,
    /** Bytes. */
    size: { type: 'integer', minimum: 0 },
    mode: { type: 'string', enum: ['file', 'executable', 'link'] },
    target: path,
  },
  required: ['path', 'size', 'mode'],
  additionalProperties: false,
});
export type SourceFile = Infer<typeof SourceFile>;

/** The name under which a source was lent, for as long as the call that was given it runs. */
export const LentSource = { type: 'string', pattern: '^[A-Za-z0-9_-]{22,64}$' } as const;

/**
 * Reads a source that a builder was asked about. The name in the request opens that source alone, to the principal of that
 * call alone, while it runs; `SOURCE_NOT_LENT` (404) says that it is over. Paths stay inside the root directory, whatever
 * links say. Write `sourceReader(ctx, request.source, call)` instead of calling it directly.
 */
export const Source = defineContract('source', 'Reads the source that a builder is asked about', {
  /** Files by path, sorted; `after` goes on where a page ended. */
  list: {
    input: defineSchema({
      type: 'object',
      properties: { source: LentSource, after: path },
      required: ['source'],
      additionalProperties: false,
    }),
    output: defineSchema({
      type: 'object',
      properties: {
        files: { type: 'array', items: SourceFile },
        /** Last path of this page; `null`: there are no more. */
        next: { anyOf: [path, { type: 'null' }] },
      },
      required: ['files', 'next'],
      additionalProperties: false,
    }),
  },
  /** The first `maxBytes` of a file; `null` for what is no file of this source. Throws `SOURCE_ALLOWANCE` (413). */
  read: {
    input: defineSchema({
      type: 'object',
      properties: { source: LentSource, path, maxBytes: { type: 'integer', minimum: 1, maximum: largestPiece } },
      required: ['source', 'path', 'maxBytes'],
      additionalProperties: false,
    }),
    output: defineSchema({
      type: 'object',
      properties: {
        /** Base64. */
        content: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        /** Bytes of the whole file. */
        size: { type: 'integer', minimum: 0 },
      },
      required: ['content', 'size'],
      additionalProperties: false,
    }),
  },
});

import { ContainrError, defineSchema, isContainrError } from '@containr/sdk';
import type { Infer } from '@containr/sdk';

const text = { type: 'string', maxLength: 4000 } as const;

/** An error as it crosses the channel. */
export const WireError = defineSchema({
  type: 'object',
  properties: {
    code: { type: 'string', pattern: '^[A-Z][A-Z0-9_]{0,59}$' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: text,
    hint: text,
    retryAfterSeconds: { type: 'number', minimum: 0, maximum: 86_400 },
    errors: {
      type: 'array',
      maxItems: 20,
      items: {
        type: 'object',
        properties: { path: text, message: text },
        required: ['path', 'message'],
        additionalProperties: false,
      },
    },
  },
  required: ['code', 'status', 'detail'],
  additionalProperties: false,
});
export type WireError = Infer<typeof WireError>;

/** What the other side is told of anything thrown. */
export function toWire(error: unknown): WireError {
  if (isContainrError(error)) {
    return {
      code: error.code,
      status: error.status,
      detail: error.message.slice(0, 4000),
      ...(error.hint === undefined ? {} : { hint: error.hint.slice(0, 4000) }),
      ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
      errors: error.errors.slice(0, 20).map(({ path, message }) => ({
        path: path.slice(0, 4000),
        message: message.slice(0, 4000),
      })),
    };
  }
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: 'PLUGIN_FAULT', status: 500, detail: detail.slice(0, 4000) };
}

/** The error that the other side threw. */
export function fromWire(error: WireError): ContainrError {
  return new ContainrError({
    code: error.code,
    status: error.status,
    detail: error.detail,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
    ...(error.errors === undefined ? {} : { errors: error.errors }),
  });
}

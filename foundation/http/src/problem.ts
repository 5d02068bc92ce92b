import { randomBytes } from 'node:crypto';
import { STATUS_CODES } from '@containr/sdk/node-http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ContainrError, FieldError } from '@containr/sdk';
import { invalid, isContainrError } from '@containr/sdk';
import { fieldErrors } from '@containr/sdk/host';
import type { ErrorObject } from 'ajv';
import { errors } from './errors.ts';

/** An error as a client reads it (RFC 9457). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly hint: string | null;
  readonly errors: readonly FieldError[];
  readonly requestId: string;
}

/** Size of a JSON body, in bytes. */
export const jsonLimit = 1_048_576;

/** What Fastify throws while it reads a body, by its code. */
const ofFastify: Readonly<Record<string, (cause: unknown) => ContainrError>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => errors.MEDIA_TYPE(['application/json']),
  FST_ERR_CTP_BODY_TOO_LARGE: () => errors.TOO_LARGE(jsonLimit),
  FST_ERR_CTP_INVALID_JSON_BODY: (cause) => errors.INVALID_JSON(messageOf(cause), cause),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: (cause) => errors.INVALID_LENGTH(cause),
  FST_ERR_BAD_URL: () => errors.ADDRESS_UNREADABLE(),
  FST_ERR_MAX_PARAM_LENGTH: () => errors.ADDRESS_TOO_LONG(),
};

/** What Postgres refuses when two requests want the same at the same moment; whoever looked first found nothing in the way. */
const ofDatabase: Readonly<Record<string, (cause: unknown) => ContainrError>> = {
  '23503': (cause) => errors.CONFLICT_GONE(cause),
  '23505': (cause) => errors.CONFLICT_TAKEN(cause),
};

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function property(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}

function isErrorList(value: unknown): value is readonly ErrorObject[] {
  return Array.isArray(value) && value.length > 0;
}

/** Brings anything thrown into the one error class; what nobody foresaw becomes `INTERNAL` (500). */
export function toContainrError(error: unknown): ContainrError {
  if (isContainrError(error)) return error;
  const validation = property(error, 'validation');
  if (isErrorList(validation)) {
    const where =
      property(error, 'validationContext') === 'querystring' ? 'query' : String(property(error, 'validationContext'));
    const fields = fieldErrors(validation);
    return invalid(
      `The ${where} is not as its schema says: ${fields.map((one) => `${one.path} ${one.message}`).join('; ')}.`,
      fields,
    );
  }
  const code = String(property(error, 'code'));
  const known = ofFastify[code] ?? ofDatabase[code];
  if (known) return known(error);
  if (error instanceof SyntaxError && property(error, 'statusCode') === 400)
    return errors.INVALID_JSON(error.message, error);
  return errors.INTERNAL(error);
}

/** The problem document of an error. */
export function problemOf(error: ContainrError, requestId: string): Problem {
  return {
    type: `urn:containr:error:${error.code}`,
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    detail: error.message,
    code: error.code,
    hint: error.hint ?? null,
    errors: error.errors,
    requestId,
  };
}

/** Headers of every problem. */
export function problemHeaders(error: ContainrError, requestId: string): Record<string, string> {
  return {
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
    ...(error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) }),
  };
}

/** Answers with a problem where no plugin does. */
export function answerProblem(request: IncomingMessage, response: ServerResponse, error: ContainrError): void {
  const id = requestIdOf(request);
  const body = JSON.stringify(problemOf(error, id));
  response.writeHead(error.status, { ...problemHeaders(error, id), 'content-length': String(Buffer.byteLength(body)) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

const saneId = /^[A-Za-z0-9._-]{8,128}$/;
// Unique across restarts by the first part, and cheap by the second: every request pays for it.
const life = randomBytes(9).toString('base64url');
let requests = 0;

/** The client's request id when it is sane, else a new one. */
export function requestIdOf(request: { headers: IncomingMessage['headers'] }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && saneId.test(given) ? given : `${life}-${(requests += 1).toString(36)}`;
}

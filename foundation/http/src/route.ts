import type { JSONSchema } from '@containr/sdk';
import { isReply } from '@containr/sdk';
import { validatorOf } from '@containr/sdk/host';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema, RouteShorthandOptions } from 'fastify';
import type { DeclaredRoute } from './declared.ts';
import { apiBase } from './api-base.ts';
import { toContainrError } from './problem.ts';
import { cookieLine } from './request-context.ts';
import { serializerOf } from './serializer.ts';
import type { Guard } from './mount.ts';

export { apiBase };

/** `{id}` as Fastify writes it. */
export function fastifyPath(path: string): string {
  return path.replaceAll(/\{([A-Za-z0-9]+)\}/g, ':$1');
}

/** Checks of the parts of a request; Fastify calls the compiled functions. */
export function checksOf(parts: {
  params?: JSONSchema;
  querystring?: JSONSchema;
  body?: JSONSchema | undefined;
}): RouteShorthandOptions {
  const schema: FastifySchema = {};
  if (typeof parts.params === 'object') schema.params = parts.params;
  if (typeof parts.querystring === 'object') schema.querystring = parts.querystring;
  if (typeof parts.body === 'object') schema.body = parts.body;
  return {
    schema,
    validatorCompiler: ({ httpPart }) => {
      if (httpPart === 'body') return validatorOf(parts.body ?? true, 'plain');
      return validatorOf((httpPart === 'params' ? parts.params : parts.querystring) ?? true, 'coercing');
    },
  };
}

/** What a route does beside answering. */
export type RouteHooks = Pick<RouteShorthandOptions, 'preHandler' | 'onSend'>;

/** Adds a JSON route to its plugin's Fastify. */
export function addRoute(app: FastifyInstance, declared: DeclaredRoute, guard: Guard, more: RouteHooks = {}): void {
  const { schema, ...checks } = checksOf({ params: declared.params, querystring: declared.query, body: declared.body });
  const { body, response } = declared;
  const options: RouteShorthandOptions = {
    ...checks,
    // The exact status is found faster than its class, which serves answers that choose another.
    schema:
      typeof response === 'object'
        ? { ...schema, response: { [declared.status]: response, '2xx': response } }
        : (schema ?? {}),
    serializerCompiler: ({ schema }) => serializerOf(schema),
    onRequest: guard,
  };
  if (typeof body === 'object' && body['type'] === 'object') options.preValidation = emptyObjectForNothing;
  app.route({
    method: declared.method,
    url: apiBase + fastifyPath(declared.path),
    ...options,
    ...more,
    handler: answerWith(declared),
  });
}

function emptyObjectForNothing(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  request.body ??= {};
  done();
}

/** Answers without a promise of its own: what the handler gives is sent as soon as it is there. */
function answerWith(declared: DeclaredRoute) {
  const { meter, status } = declared;
  return function answer(request: FastifyRequest, reply: FastifyReply): void {
    const began = meter.enter();
    function fail(error: unknown): void {
      meter.threw(error);
      meter.leave(began);
      refuse(reply, error);
    }
    try {
      Promise.resolve(declared.handler(request.containr)).then((answer) => {
        meter.leave(began);
        give(request, reply, answer, status);
      }, fail);
    } catch (error) {
      fail(error);
    }
  };
}

/** Only an `Error` is one to Fastify. */
function refuse(reply: FastifyReply, error: unknown): void {
  void reply.send(error instanceof Error ? error : toContainrError(error));
}

function give(request: FastifyRequest, reply: FastifyReply, answer: unknown, status: number): void {
  try {
    if (status !== 200) reply.code(status);
    if (!isReply(answer)) return send(reply, answer);
    if (answer.status !== undefined) reply.code(answer.status);
    if (answer.headers) reply.headers(answer.headers);
    for (const cookie of answer.cookies ?? []) reply.header('set-cookie', cookieLine(cookie, request.containr.secure));
    return send(reply, answer.body);
  } catch (error) {
    // What it gave does not fit its schema, or can't be written.
    return refuse(reply, error);
  }
}

function send(reply: FastifyReply, body: unknown): void {
  if (body === undefined) void reply.code(reply.statusCode === 200 ? 204 : reply.statusCode).send();
  else if (typeof body === 'object') void reply.send(body);
  else void reply.type('application/json').send(JSON.stringify(body));
}

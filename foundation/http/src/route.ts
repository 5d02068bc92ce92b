import type { JSONSchema } from '@containr/sdk';
import { isReply } from '@containr/sdk';
import { validatorOf } from '@containr/sdk/host';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema, RouteShorthandOptions } from 'fastify';
import type { DeclaredRoute } from './declared.ts';
import { apiBase } from './api-base.ts';
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

function answerWith(declared: DeclaredRoute) {
  return async function answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { meter } = declared;
    const began = meter.enter();
    let answer: unknown;
    try {
      answer = await declared.handler(request.containr);
    } catch (error) {
      meter.threw(error);
      throw error;
    } finally {
      meter.leave(began);
    }
    if (isReply(answer)) {
      reply.code(answer.status ?? declared.status);
      if (answer.headers) reply.headers(answer.headers);
      for (const cookie of answer.cookies ?? [])
        reply.header('set-cookie', cookieLine(cookie, request.containr.secure));
      return send(reply, answer.body);
    }
    if (declared.status !== 200) reply.code(declared.status);
    return send(reply, answer);
  };
}

function send(reply: FastifyReply, body: unknown): unknown {
  if (body === undefined) return reply.code(reply.statusCode === 200 ? 204 : reply.statusCode).send();
  if (typeof body === 'object') return body;
  return reply.type('application/json').send(JSON.stringify(body));
}

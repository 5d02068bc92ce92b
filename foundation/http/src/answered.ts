import type { Principal } from '@containr/sdk';
import type { FastifyRequest, onSendHookHandler, preHandlerHookHandler } from 'fastify';

/** An answer to a request that may have changed something, just before it is sent. Carries no body, query or header. */
export interface Answered {
  readonly plugin: string;
  readonly method: string;
  /** As it was declared, for example `/plugins/{name}`. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly principal: Principal;
  readonly status: number;
  readonly requestId: string;
  readonly address: string;
}

/** Told of answers to requests that may have changed something, refusals included; the answer waits for it. */
export type OnAnswered = (answered: Answered) => Promise<void>;

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The hook that tells of a route's answers; none for methods that change nothing, so that reading costs nothing more. */
export function tellAnswered(
  route: { plugin: string; methods: readonly string[]; path: string },
  onAnswered: OnAnswered | undefined,
): { onSend?: onSendHookHandler } {
  if (!onAnswered || route.methods.every((method) => safeMethods.has(method))) return {};
  return {
    onSend(request, reply, payload, done) {
      const { method } = request;
      if (safeMethods.has(method)) return done(null, payload);
      onAnswered(answeredOf(route, method, reply.statusCode, request)).then(() => done(null, payload), done);
      return undefined;
    },
  };
}

/** Hooks that tell, as the method `OPEN`, of a socket before it opens (status 101) and of refusals to open it. */
export function tellOpened(
  route: { plugin: string; path: string },
  onAnswered: OnAnswered | undefined,
): { preHandler?: preHandlerHookHandler; onSend?: onSendHookHandler } {
  if (!onAnswered) return {};
  return {
    preHandler(request, _reply, done) {
      onAnswered(answeredOf(route, 'OPEN', 101, request)).then(() => done(), done);
    },
    onSend(request, reply, payload, done) {
      onAnswered(answeredOf(route, 'OPEN', reply.statusCode, request)).then(() => done(null, payload), done);
    },
  };
}

function answeredOf(
  { plugin, path }: { plugin: string; path: string },
  method: string,
  status: number,
  request: FastifyRequest,
): Answered {
  return {
    plugin,
    method,
    path,
    params: Object(request.params) as Record<string, string>,
    principal: request.containr.principal,
    status,
    requestId: request.id,
    address: request.containr.ip,
  };
}

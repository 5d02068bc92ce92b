import { createServer } from '@containr/sdk/node-http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import websocket from '@fastify/websocket';
import type { Logger } from '@containr/sdk';
import { notFound } from '@containr/sdk';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { admit } from './access.ts';
import type { Authenticate } from './access.ts';
import type { OnAnswered } from './answered.ts';
import type { ApiResponse } from './api-response.ts';
import { tellAnswered, tellOpened } from './answered.ts';
import type { Claims, Declared, DeclaredRoute } from './declared.ts';
import { addEvents } from './event-stream.ts';
import type { Front } from './front.ts';
import { idempotent } from './idempotency.ts';
import type { IdempotencyStore } from './idempotency.ts';
import { InFlight } from './in-flight.ts';
import { jsonLimit, problemHeaders, problemOf, requestIdOf, toContainrError } from './problem.ts';
import { addRaw } from './raw.ts';
import { RequestContext } from './request-context.ts';
import type { RequestLimits } from './request-limits.ts';
import { addRoute } from './route.ts';
import type { RouteHooks } from './route.ts';
import { addSocket } from './socket.ts';
import { refuseUnstorable, refuseUnstorableUrl } from './storable.ts';

declare module 'fastify' {
  interface FastifyRequest {
    containr: RequestContext;
  }
}

/** Lets a request in, or refuses it: the first hook of every route. */
export type Guard = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;

/** One plugin's answers to HTTP: a Fastify of its own that never listens. */
export interface Mount {
  readonly plugin: string;
  readonly segments: readonly string[];
  readonly roots: readonly string[];
  readonly declared: readonly Declared[];
  /** Requests and sockets open now. */
  readonly inFlight: number;
  /** Requests that are being answered now. */
  readonly answering: number;
  serve(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends streams, each with where to resume; requests go on. */
  endStreams(): void;
  /** Ends streams, waits for requests up to the deadline, aborts the rest, closes. Call it when no map leads here any more. */
  drain(deadlineMs: number): Promise<void>;
}

const socketLimit = 1_048_576;

/** What a mount does beside answering. */
export interface MountOptions {
  readonly onAnswered?: OnAnswered;
  /** What requests pass first. */
  readonly front?: Front;
  /** Where answers are kept by `Idempotency-Key`. */
  readonly idempotency?: IdempotencyStore;
}

/** Builds the mount of a plugin from what it declared. Throws when the schema of an input does not compile or two routes are the same; that of an answer is compiled at its first one. */
export async function buildMount(
  claims: Claims,
  declared: readonly Declared[],
  authenticate: Authenticate,
  log: Logger,
  options: MountOptions = {},
): Promise<Mount> {
  const inFlight = new InFlight();
  const app = bornApp(log);
  if (declared.some((one) => one.kind === 'socket'))
    await app.register(websocket, { options: { maxPayload: socketLimit } });
  await app.register(
    named('routes', async (scope: FastifyInstance) =>
      add(scope, claims.plugin, declared, authenticate, inFlight, log, options),
    ),
  );
  await app.ready();
  const server = app.server;
  return {
    plugin: claims.plugin,
    segments: claims.segments,
    roots: claims.roots,
    declared,
    get inFlight() {
      return inFlight.count;
    },
    get answering() {
      return inFlight.answering;
    },
    serve(request, response) {
      inFlight.enter(response);
      app.routing(request, response);
    },
    upgrade(request, socket, head) {
      inFlight.enterSocket(socket);
      if (!server.emit('upgrade', request, socket, head))
        socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
    },
    endStreams: () => inFlight.endStreams(),
    async drain(deadlineMs) {
      await inFlight.drain(deadlineMs);
      await app.close();
    },
  };
}

async function add(
  app: FastifyInstance,
  plugin: string,
  declared: readonly Declared[],
  authenticate: Authenticate,
  inFlight: InFlight,
  log: Logger,
  options: MountOptions,
): Promise<void> {
  const raw = declared.filter((one) => one.kind === 'raw');
  const addAllRaw = async (raws: FastifyInstance): Promise<void> => {
    raws.removeAllContentTypeParsers();
    raws.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const one of raw) {
      const tell = tellAnswered({ plugin, methods: one.methods, path: one.path }, options.onAnswered);
      // Who watches the platform from the address of a flood still gets an answer.
      const limits = plugin === 'kernel' && one.root ? undefined : options.front?.limits;
      addRaw(raws, one, guardOf(one, authenticate, inFlight, limits), tell);
    }
  };
  if (raw.length > 0) await app.register(named('raw routes', addAllRaw));
  for (const one of declared) {
    const guard = guardOf(one, authenticate, inFlight, options.front?.limits);
    if (one.kind === 'route') addRoute(app, one, guard, hooksOf(plugin, one, options, log));
    else if (one.kind === 'events') addEvents(app, one, guard, inFlight, log, authenticate);
    else if (one.kind === 'socket') {
      const tell = one.readOnly ? {} : tellOpened({ plugin, path: one.path }, options.onAnswered);
      addSocket(app, one, guard, inFlight, log, authenticate, tell);
    }
  }
}

/** What a JSON route does beside answering; nothing for one that only reads. */
function hooksOf(
  plugin: string,
  { method, path }: DeclaredRoute,
  { onAnswered, idempotency }: MountOptions,
  log: Logger,
): RouteHooks {
  const tell = tellAnswered({ plugin, methods: [method], path }, onAnswered);
  if (method !== 'POST' || !idempotency) return tell;
  const { preHandler, onSend } = idempotent({ plugin, path }, idempotency, log);
  return { preHandler, onSend: [onSend, ...(tell.onSend ? [tell.onSend] : [])] };
}

function guardOf(
  declared: Declared,
  authenticate: Authenticate,
  inFlight: InFlight,
  limits: RequestLimits | undefined,
): Guard {
  const realm = declared.kind === 'raw' ? declared.basicRealm : undefined;
  return function guard(request, reply, done) {
    request.containr = new RequestContext(request, reply.raw, inFlight);
    (reply.raw as ApiResponse).requestId = request.id;
    if (declared.gone) return done(notFound('route'));
    refuseUnstorableUrl(request);
    const finish =
      realm === undefined
        ? done
        : (error?: Error): void => {
            if (error && toContainrError(error).status === 401)
              reply.header('www-authenticate', `Basic realm="${realm}", charset="UTF-8"`);
            done(error);
          };
    const { containr: context, method } = request;
    if (!limits?.on) return admit(context, method, declared.access, authenticate, finish);
    return limits.before(context, reply, declared.guessable, (tooMany) => {
      if (tooMany) return done(tooMany);
      return admit(context, method, declared.access, authenticate, (error) =>
        limits.after(context, reply, error, (late) => finish(late ?? error)),
      );
    });
  };
}

/** Without a name of its own Fastify looks a part's up among every module that is loaded. */
function named<F extends object>(name: string, part: F): F {
  return Object.assign(part, { [Symbol.for('fastify.display-name')]: name });
}

/** What every plugin's Fastify is born with: request ids, the JSON parser, the error handler and the 404. */
function bornApp(log: Logger): FastifyInstance {
  const app = fastify({
    serverFactory: (handler) => createServer(handler),
    logger: false,
    bodyLimit: jsonLimit,
    genReqId: requestIdOf,
    requestIdHeader: false,
    forceCloseConnections: false,
    routerOptions: { maxParamLength: 500 },
    frameworkErrors: (thrown, request, reply) => void answerThrown(log, thrown, request, reply),
  });
  app.decorateRequest('containr', null as never);
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'ignore');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') return done(null, undefined);
    return void parse(request, body as string, (error, parsed) =>
      done(error ?? unstorable(body as string, parsed), parsed),
    );
  });
  app.setNotFoundHandler(() => {
    throw notFound('address');
  });
  app.setErrorHandler((thrown, request, reply) => answerThrown(log, thrown, request, reply));
  return app;
}

function unstorable(body: string, parsed: unknown): Error | null {
  try {
    refuseUnstorable(body, parsed);
    return null;
  } catch (error) {
    return error as Error;
  }
}

function answerThrown(log: Logger, thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = toContainrError(thrown);
  if (error.status >= 500)
    log.error(
      {
        error: error.cause ?? error,
        code: error.code,
        requestId: request.id,
        method: request.method,
        path: request.url.split('?')[0],
      },
      error.message,
    );
  return reply
    .code(error.status)
    .headers(problemHeaders(error, request.id))
    .send(JSON.stringify(problemOf(error, request.id)));
}

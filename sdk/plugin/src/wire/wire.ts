import type { CancellationToken, MessageConnection } from 'vscode-jsonrpc/node';
import { CancellationTokenSource, createMessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import type { WebSocket } from 'ws';
import { ContainrError, isContainrError } from '../errors.ts';
import { validate } from '../host/validate.ts';
import type { Logger } from '../log.ts';
import type { Infer, JSONSchema } from '../schema.ts';
import { defineSchema } from '../schema.ts';
import { SocketReader, SocketWriter } from './socket-transport.ts';

/** A request that one side of a wire answers; both sides check both parts. */
export interface WireMethod<P = unknown, R = unknown> {
  readonly name: string;
  readonly params: JSONSchema;
  readonly result: JSONSchema;
  /** Only types: what the schemas accept. */
  readonly accepts?: { params: P; result: R };
}

/** Defines a method of a wire. */
export function defineMethod<const P extends JSONSchema, const R extends JSONSchema>(
  name: string,
  params: P,
  result: R,
): WireMethod<Infer<P>, Infer<R>> {
  return { name, params, result };
}

/** JSON-RPC 2.0 over one WebSocket, with schemas, deadlines, cancellation and a heartbeat. */
export interface Wire {
  /** Asks the other side. Throws its `ContainrError`, `WIRE_CLOSED`, `WIRE_TIMEOUT`, or the signal's reason; the last two cancel the work there. */
  request<P, R>(method: WireMethod<P, R>, params: P, options: { timeoutMs: number; signal?: AbortSignal }): Promise<R>;
  /** Tells the other side; no answer. */
  tell<P>(method: WireMethod<P>, params: P): void;
  /** Answers requests; the signal is aborted by the asker or when the wire closes. Call it before {@link Wire.listen}. */
  handle<P, R>(method: WireMethod<P, R>, handler: (params: P, signal: AbortSignal) => Promise<R>): void;
  hear<P>(method: WireMethod<P>, handler: (params: P) => void): void;
  listen(): void;
  /** When anything last came in, in ms of `performance.now()`. */
  readonly heardAt: number;
  readonly open: boolean;
  /** Resolves with the close code when the socket is closed. */
  readonly closed: Promise<number>;
  close(code?: number, reason?: string): void;
}

/** How often a wire pings, and after what silence it gives the other side up. */
export interface Heartbeat {
  readonly pingMs: number;
  readonly silenceMs: number;
}

/** Part of the time between two pings after which one is due. */
const heardLately = 0.9;
const normalClose = 1000;
const abnormalClose = 1006;
const serverError = -32000;

const ErrorData = defineSchema({
  type: 'object',
  properties: {
    code: { type: 'string' },
    status: { type: 'integer' },
    hint: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, message: { type: 'string' } },
        required: ['path', 'message'],
        additionalProperties: false,
      },
    },
    retryAfterSeconds: { type: 'number' },
  },
  required: ['code', 'status', 'errors'],
  additionalProperties: false,
});

/** Opens a wire over an open WebSocket. */
export function openWire(
  socket: WebSocket,
  log: Logger,
  heartbeat: Heartbeat = { pingMs: 5000, silenceMs: 15_000 },
): Wire {
  const connection = createMessageConnection(new SocketReader(socket), new SocketWriter(socket));
  const ended = new AbortController();
  const closed = watchSocket(socket, connection, ended, log);
  const pulse = keepAlive(socket, heartbeat, ended.signal);
  return {
    closed,
    get heardAt() {
      return pulse.heardAt;
    },
    get open() {
      return !ended.signal.aborted && socket.readyState === socket.OPEN;
    },
    request: (method, params, options) => request(connection, ended.signal, method, params, options),
    tell(method, params) {
      if (!ended.signal.aborted)
        connection.sendNotification(method.name, validate(method.params, params, method.name)).catch(() => undefined);
    },
    handle(method, handler) {
      connection.onRequest(method.name, async (params: unknown, token: CancellationToken) => {
        const cancel = new AbortController();
        token.onCancellationRequested(() => cancel.abort(cancelled(method.name)));
        try {
          const given = validate<Parameters<typeof handler>[0]>(method.params, params, method.name);
          return validate(
            method.result,
            await handler(given, AbortSignal.any([cancel.signal, ended.signal])),
            `The answer of ${method.name}`,
          );
        } catch (error) {
          if (!isContainrError(error)) log.error({ err: error, method: method.name }, 'A request over the wire failed');
          return toResponseError(error, method.name);
        }
      });
    },
    hear(method, handler) {
      connection.onNotification(method.name, (params: unknown) => {
        try {
          handler(validate(method.params, params, method.name));
        } catch (error) {
          log.warn({ err: error, method: method.name }, 'A notification was not understood');
        }
      });
    },
    listen: () => connection.listen(),
    close(code = normalClose, reason = '') {
      socket.close(code, reason);
      // A peer that does not answer the close frame must not keep the socket.
      setTimeout(() => socket.terminate(), 1000).unref();
    },
  };
}

function watchSocket(
  socket: WebSocket,
  connection: MessageConnection,
  ended: AbortController,
  log: Logger,
): Promise<number> {
  socket.on('error', (error) => log.debug({ err: error }, 'The socket of a wire failed'));
  connection.onError(([error]) => log.debug({ err: error }, 'A wire failed'));
  return new Promise((resolve) => {
    const end = (code: number): void => {
      ended.abort(wireClosed());
      connection.dispose();
      resolve(code);
    };
    if (socket.readyState === socket.CLOSED) end(abnormalClose);
    else socket.once('close', end);
  });
}

function keepAlive(socket: WebSocket, heartbeat: Heartbeat, signal: AbortSignal): { heardAt: number } {
  const pulse = { heardAt: performance.now() };
  const heard = (): void => void (pulse.heardAt = performance.now());
  for (const event of ['message', 'ping', 'pong'] as const) socket.on(event, heard);
  const timer = setInterval(() => {
    const silentMs = performance.now() - pulse.heardAt;
    if (silentMs > heartbeat.silenceMs) return socket.terminate();
    // The other side's ping shows as much as an answer to one of ours: one of the two is enough.
    if (silentMs > heartbeat.pingMs * heardLately && socket.readyState === socket.OPEN) socket.ping();
  }, heartbeat.pingMs);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return pulse;
}

async function request<P, R>(
  connection: MessageConnection,
  ended: AbortSignal,
  method: WireMethod<P, R>,
  params: P,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<R> {
  validate(method.params, params, method.name);
  ended.throwIfAborted();
  options.signal?.throwIfAborted();
  const cancel = new CancellationTokenSource();
  const stop = Promise.withResolvers<never>();
  const onAbort = (): void => stop.reject(options.signal?.reason);
  const onEnd = (): void => stop.reject(ended.reason);
  const timer = setTimeout(() => stop.reject(timedOut(method.name, options.timeoutMs)), options.timeoutMs);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  ended.addEventListener('abort', onEnd, { once: true });
  const answer = connection.sendRequest<unknown>(method.name, params, cancel.token);
  // When the race is over, what the loser says is of no interest.
  answer.catch(() => undefined);
  stop.promise.catch(() => {
    if (!ended.aborted) cancel.cancel();
  });
  try {
    return validate<R>(method.result, await Promise.race([answer, stop.promise]), `The answer of ${method.name}`);
  } catch (error) {
    throw fromResponseError(error, ended);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
    ended.removeEventListener('abort', onEnd);
    cancel.dispose();
  }
}

function toResponseError(error: unknown, method: string): ResponseError<Infer<typeof ErrorData>> {
  const known = isContainrError(error)
    ? error
    : new ContainrError({
        code: 'INTERNAL',
        status: 500,
        detail: `${method} failed for a reason nobody foresaw.`,
        hint: 'Look in the log of the side that answered.',
      });
  return new ResponseError(serverError, known.message, {
    code: known.code,
    status: known.status,
    errors: known.errors.map(({ path, message }) => ({ path, message })),
    ...(known.hint === undefined ? {} : { hint: known.hint }),
    ...(known.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: known.retryAfterSeconds }),
  });
}

function fromResponseError(error: unknown, ended: AbortSignal): unknown {
  if (!(error instanceof ResponseError)) return ended.aborted && !isContainrError(error) ? wireClosed() : error;
  const data: unknown = error.data;
  try {
    return new ContainrError({
      ...validate<Infer<typeof ErrorData>>(ErrorData, data, 'An error over the wire'),
      detail: error.message,
      cause: error,
    });
  } catch {
    if (ended.aborted) return wireClosed();
    return new ContainrError({
      code: 'WIRE_REFUSED',
      status: 502,
      detail: `The other side refused the request: ${error.message}.`,
      hint: 'Bring both sides to the same version.',
      cause: error,
    });
  }
}

function wireClosed(): ContainrError {
  return new ContainrError({
    code: 'WIRE_CLOSED',
    status: 503,
    detail: 'The connection between control plane and agent closed.',
    hint: 'It is opened again by itself; try again in a moment.',
  });
}

function timedOut(method: string, ms: number): ContainrError {
  return new ContainrError({
    code: 'WIRE_TIMEOUT',
    status: 504,
    detail: `${method} was not answered within ${ms} ms.`,
    hint: 'Try again, or allow it more time.',
  });
}

function cancelled(method: string): ContainrError {
  return new ContainrError({ code: 'CANCELLED', status: 499, detail: `${method} was cancelled by who asked for it.` });
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Upstream } from '@containr/sdk/contracts';
import type { Dispatcher } from 'undici';
import type { Answer } from '@containr/sdk/ingress';
import { badRequest, sendAnswer, upstreamDown, upstreamSilent } from '@containr/sdk/ingress';
import type { Head } from './request-head.ts';
import { requestHeaders, responseHeaders, schemeOf } from './request-head.ts';
import type { CompiledRoute } from './table.ts';
import type { Upstreams } from './upstreams.ts';

/** May be sent twice without doing anything twice. */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
const maxTries = 4;
/** How long a client may go on sending a body that nobody wants any more. */
const lingerMs = 2000;

/** One request on its way; `look` gives the route anew, so that a retry follows a switch. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly head: Head;
  readonly look: () => CompiledRoute | undefined;
  readonly expectsContinue: boolean;
  /** Called when no replica answered, before the ingress says so. */
  readonly failed: () => void;
}

function answerFor(error: Error & { code?: string }, host: string): Answer {
  if (error.code === 'UND_ERR_INVALID_ARG')
    return badRequest('REQUEST_INVALID', 'The request has a path, method or header that HTTP does not allow.');
  return error.code === 'UND_ERR_HEADERS_TIMEOUT' ? upstreamSilent(host) : upstreamDown(host);
}

/** Carries one request to a replica and its answer back; tries another replica while nothing was lost. */
export function forward(upstreams: Upstreams, exchange: Exchange): void {
  const { request, response, head } = exchange;
  const method = request.method ?? 'GET';
  const headers = requestHeaders(request, head, schemeOf(request));
  const tried = new Set<string>();
  let tries = 0;
  let bodyBegun = false;
  let own: CompiledRoute['headers'] = [];
  let current: Dispatcher.DispatchController | undefined;
  let leave: (() => void) | undefined;

  async function* body(): AsyncGenerator<Buffer> {
    bodyBegun = true;
    if (exchange.expectsContinue) response.writeContinue();
    yield* request.iterator({ destroyOnReturn: false });
  }

  function fail(error: Error): void {
    exchange.failed();
    sendAnswer(request, response, answerFor(error, head.host));
  }

  function next(last: Error): void {
    const route = exchange.look();
    const upstream =
      route && tries < maxTries ? upstreams.pick(route, tried, request.socket.remoteAddress ?? '') : undefined;
    if (response.destroyed) return;
    if (!upstream) return fail(last);
    tries++;
    own = route?.headers ?? [];
    send(upstream);
  }

  function send(upstream: Upstream): void {
    leave = upstreams.enter(upstream);
    let started = false;
    let dataSeen = false;
    upstreams.pool(upstream).dispatch(
      { path: head.target, method, headers, body: head.hasBody ? Readable.from(body(), { objectMode: false }) : null },
      {
        onRequestStart(controller) {
          started = true;
          current = controller;
          if (response.destroyed) controller.abort(new Error('the client left'));
        },
        onResponseStart(controller, status, _headers, message) {
          if (status < 200) return;
          const raw = controller.rawHeaders;
          response.writeHead(status, message ?? '', responseHeaders(Array.isArray(raw) ? raw : [], own));
          // Headers and the first data mostly arrive together, and then leave in one packet.
          queueMicrotask(() => dataSeen || response.destroyed || response.flushHeaders());
        },
        onResponseData(controller, chunk) {
          dataSeen = true;
          if (response.write(chunk)) return;
          controller.pause();
          response.once('drain', () => controller.resume());
        },
        onResponseEnd() {
          dataSeen = true;
          leave?.();
          response.end();
        },
        onResponseError(_controller, error) {
          leave?.();
          if (response.headersSent) return void response.destroy();
          upstreams.tried(upstream, tried, !started);
          if (!bodyBegun && (!started || safeMethods.has(method))) next(error);
          else fail(error);
        },
      },
    );
  }

  response.once('close', () => {
    leave?.();
    if (!response.writableFinished) current?.abort(new Error('the client left'));
  });
  response.once('finish', () => {
    if (request.complete) return;
    request.resume();
    setTimeout(() => request.complete || request.destroy(), lingerMs).unref();
  });
  next(new Error('no upstream'));
}

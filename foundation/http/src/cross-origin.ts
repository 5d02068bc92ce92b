import type { IncomingMessage, ServerResponse } from 'node:http';
import { apiBase } from './api-base.ts';

const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const headers =
  'authorization, content-type, if-match, if-none-match, idempotency-key, containr-organisation, last-event-id, x-request-id';
const exposed = 'etag, location, retry-after, ratelimit, ratelimit-policy, x-request-id';
const preflightSeconds = 600;
const allowed = Symbol('a page that may act with the session of who opens it');

interface Marked {
  [allowed]?: true;
}

/** Which pages of other origins may call the API: none unless they are listed. */
export class CrossOrigin {
  #origins: ReadonlySet<string> = new Set();

  /** Allows these origins; `*` allows the rest too, without a session. */
  allow(origins: readonly string[]): void {
    this.#origins = new Set(origins.map((origin) => origin.toLowerCase()));
  }

  /** Notes on a request that a listed page asks. */
  note(request: IncomingMessage): void {
    if (this.#origins.has((request.headers.origin ?? '').toLowerCase())) (request as Marked)[allowed] = true;
  }

  /** Puts the headers of an allowed page on the answer; answers its preflight, which gives `true`. */
  receive(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#origins.size === 0 || !request.url?.startsWith(apiBase)) return false;
    response.setHeader('vary', 'origin');
    const origin = request.headers.origin ?? '';
    const listed = this.#origins.has(origin.toLowerCase());
    if (!listed && !this.#origins.has('*')) return false;
    response.setHeader('access-control-allow-origin', listed ? origin : '*');
    this.note(request);
    if (listed) response.setHeader('access-control-allow-credentials', 'true');
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) {
      response.setHeader('access-control-expose-headers', exposed);
      return false;
    }
    response.writeHead(204, {
      'access-control-allow-methods': methods,
      'access-control-allow-headers': headers,
      'access-control-max-age': String(preflightSeconds),
    });
    response.end();
    return true;
  }
}

/** Whether the page that asks is one that the install allows to act with a session. */
export function isAllowedPage(request: IncomingMessage): boolean {
  return (request as Marked)[allowed] === true;
}

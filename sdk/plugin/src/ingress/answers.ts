import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_CODES } from '../host/node-http.ts';

/** An answer of the ingress's own. */
export interface Answer {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
  readonly retryAfterSeconds?: number;
  /** More headers of its own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is, in place of a page. */
  readonly text?: string;
}

/** Nothing is known by this host and path. */
export function routeUnknown(host: string): Answer {
  return {
    status: 404,
    code: 'ROUTE_UNKNOWN',
    detail: `Nothing is served at ${host}.`,
    hint: 'Check the address; a service shows its own in the dashboard.',
  };
}

/** The service exists, and no deployment of it is live. */
export function serviceNotLive(host: string): Answer {
  return {
    status: 503,
    code: 'SERVICE_NOT_LIVE',
    detail: `${host} has no live deployment yet.`,
    hint: 'Deploy it, or look at its latest deployment to see why it is not live.',
    retryAfterSeconds: 5,
  };
}

/** No replica took the request, or one broke it off. */
export function upstreamDown(host: string): Answer {
  return {
    status: 502,
    code: 'UPSTREAM_DOWN',
    detail: `The application behind ${host} did not answer.`,
    hint: "Look at the service's logs; try again in a moment.",
    retryAfterSeconds: 2,
  };
}

/** A replica took the request and was silent for too long. */
export function upstreamSilent(host: string): Answer {
  return {
    status: 504,
    code: 'UPSTREAM_TIMEOUT',
    detail: `The application behind ${host} took too long to answer.`,
    hint: "Look at the service's logs for what it was doing.",
  };
}

/** The request itself can't be passed on. */
export function badRequest(code: string, detail: string, status = 400): Answer {
  return { status, code, detail, hint: 'Correct the request and send it again.' };
}

/** The proof that a host leads here. */
export function challengeAnswer(text: string): Answer {
  return { status: 200, code: '', detail: '', hint: '', text };
}

/** The same is to be had elsewhere; method and body stay (RFC 9110 15.4.9). */
export function movedTo(location: string): Answer {
  return {
    status: 308,
    code: 'MOVED',
    detail: 'This is served at another address.',
    hint: `Go on at ${location}.`,
    headers: { location },
  };
}

/** Only who has a name and password may pass. */
export function credentialsNeeded(host: string): Answer {
  return {
    status: 401,
    code: 'CREDENTIALS_NEEDED',
    detail: `${host} is only for who has a name and password.`,
    hint: 'Give the ones that you were told.',
    headers: { 'www-authenticate': `Basic realm="${host}", charset="UTF-8"` },
  };
}

/** More passwords arrive than can be checked. */
export function tooManyGuesses(): Answer {
  return {
    status: 429,
    code: 'TOO_MANY_GUESSES',
    detail: 'Too many passwords are being tried right now.',
    hint: 'Try again in a moment.',
    retryAfterSeconds: 5,
  };
}

/** The connection was secured for another host than the request is for (RFC 9110 15.5.20). */
export function misdirected(host: string): Answer {
  return {
    status: 421,
    code: 'MISDIRECTED',
    detail: `This connection was not made for ${host}.`,
    hint: 'Open a connection of its own to that host.',
  };
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function page(answer: Answer): string {
  const title = STATUS_CODES[answer.status] ?? 'Error';
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto 0;padding:0 1rem;color:#1c2430;background:#fff}code{color:#5b6675}@media(prefers-color-scheme:dark){body{color:#e6eaf0;background:#12161c}code{color:#97a3b4}}</style>
<main><h1>${title}</h1><p>${escape(answer.detail)}</p><p>${escape(answer.hint)}</p><p><code>${answer.status} ${answer.code}</code></p></main></html>
`;
}

function problem(answer: Answer): string {
  const { status, code, detail, hint } = answer;
  return `${JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, code, hint })}\n`;
}

/** Headers and body of an answer: a page, or problem+json. */
export function renderAnswer(answer: Answer, html: boolean): { headers: Record<string, string>; body: string } {
  const body = answer.text ?? (html ? page(answer) : problem(answer));
  const type = html ? 'text/html; charset=utf-8' : 'application/problem+json; charset=utf-8';
  return {
    body,
    headers: {
      'content-type': answer.text === undefined ? type : 'text/plain; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(html ? { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" } : {}),
      ...(answer.retryAfterSeconds === undefined ? {} : { 'retry-after': String(answer.retryAfterSeconds) }),
      ...answer.headers,
    },
  };
}

/** Sends an answer as a page to who takes HTML, as problem+json to everybody else. */
export function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { headers, body } = renderAnswer(answer, request.headers.accept?.includes('text/html') ?? false);
  response.writeHead(answer.status, headers);
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** An answer as bytes, for a connection that has no response object; it is to be closed afterwards. */
export function answerBytes(answer: Answer): string {
  const { headers, body } = renderAnswer(answer, false);
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? 'Error'}\r\n${lines.join('')}\r\n${body}`;
}

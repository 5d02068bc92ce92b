import { IncomingMessage } from '@containr/sdk/node-http';
import type { ServerResponse } from 'node:http';
import type { Principal, RequestInfo } from '@containr/sdk';
import { anonymous } from '@containr/sdk';
import type { FastifyRequest } from 'fastify';
import { addressOf, isForwarded } from './clients.ts';
import { isAllowedPage } from './cross-origin.ts';
import { errors } from './errors.ts';
import type { InFlight } from './in-flight.ts';

/** A request that came over the owner-only console socket. */
export class ConsoleMessage extends IncomingMessage {}

const saneHost = /^[A-Za-z0-9.:[\]-]{1,255}$/;
const secureCookie = '__Host-';
const noCookies: Readonly<Record<string, string>> = Object.freeze({});

/** What handlers are given; everything that costs something is worked out when it is first asked for. */
export class RequestContext implements RequestInfo {
  principal: Principal = anonymous;
  readonly #request: FastifyRequest;
  readonly #response: ServerResponse;
  readonly #inFlight: InFlight;
  #controller: AbortController | undefined;
  #cookies: Record<string, string> | undefined;

  constructor(request: FastifyRequest, response: ServerResponse, inFlight: InFlight) {
    this.#request = request;
    this.#response = response;
    this.#inFlight = inFlight;
  }

  get id(): string {
    return this.#request.id;
  }

  get params(): unknown {
    return this.#request.params;
  }

  get query(): unknown {
    return this.#request.query;
  }

  get body(): unknown {
    return this.#request.body;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.#request.headers as Record<string, string>;
  }

  get ip(): string {
    return addressOf(this.#request.raw);
  }

  get console(): boolean {
    return this.#request.raw instanceof ConsoleMessage;
  }

  /** Whether it offers anything that says who asks. */
  get offersProof(): boolean {
    const { authorization, cookie } = this.#request.raw.headers;
    return authorization !== undefined || cookie !== undefined || this.console;
  }

  /** Whether a page asks that the install lets act with a session. */
  get fromAllowedPage(): boolean {
    return isAllowedPage(this.#request.raw);
  }

  get lastEventId(): string | null {
    return this.headers['last-event-id'] ?? null;
  }

  /** Whether the client's side of the connection is encrypted; a proxy on this machine, or a trusted one, may say so. */
  get secure(): boolean {
    const { raw } = this.#request;
    if ('encrypted' in raw.socket) return true;
    return (isLoopback(raw.socket.remoteAddress) || isForwarded(raw)) && this.headers['x-forwarded-proto'] === 'https';
  }

  get origin(): string {
    const host = this.headers['host'] ?? '';
    return `${this.secure ? 'https' : 'http'}://${saneHost.test(host) ? host : 'localhost'}`;
  }

  /** Cookies by their plain names: over TLS only those with the `__Host-` prefix count, which no other host can set. */
  get cookies(): Readonly<Record<string, string>> {
    const header = this.headers['cookie'];
    if (header === undefined) return noCookies;
    return (this.#cookies ??= parseCookies(header, this.secure));
  }

  get signal(): AbortSignal {
    return this.#abortable().signal;
  }

  /** Ends whoever listens to the signal: what they work for is over. */
  abort(): void {
    this.#abortable().abort(errors.CLIENT_LEFT());
  }

  #abortable(): AbortController {
    if (this.#controller) return this.#controller;
    const controller = new AbortController();
    this.#controller = controller;
    this.#inFlight.abortable(controller, this.#response);
    return controller;
  }
}

/** Whether an address is this machine. */
export function isLoopback(address: string | undefined): boolean {
  return address === undefined || address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
}

function parseCookies(header: string, secure: boolean): Record<string, string> {
  const cookies: Record<string, string> = {};
  for (const part of header.split(';')) {
    const at = part.indexOf('=');
    if (at < 0) continue;
    const name = part.slice(0, at).trim();
    const prefixed = name.startsWith(secureCookie);
    if (prefixed !== secure) continue;
    cookies[prefixed ? name.slice(secureCookie.length) : name] = decode(part.slice(at + 1).trim());
  }
  return cookies;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The `Set-Cookie` line of a cookie. */
export function cookieLine(cookie: { name: string; value: string; maxAgeSeconds: number }, secure: boolean): string {
  const plain = cookie.name.startsWith(secureCookie) ? cookie.name.slice(secureCookie.length) : cookie.name;
  const age = cookie.value === '' ? 0 : cookie.maxAgeSeconds;
  const line = `${plain}=${encodeURIComponent(cookie.value)}; Max-Age=${age}; Path=/; HttpOnly; SameSite=Lax`;
  return secure ? `${secureCookie}${line}; Secure` : line;
}

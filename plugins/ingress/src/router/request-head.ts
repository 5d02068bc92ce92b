import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

/** Headers that belong to one connection and are never passed on. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Headers that only the ingress may set: what a client says about itself is not believed. */
const ours = new Set([
  'host',
  'expect',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-real-ip',
]);

const hostPattern = /^(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;

/** What is wrong with a request head, for an answer of 400. */
export class BadHead extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A request head that passed all checks. */
export interface Head {
  /** As sent: with a port. */
  readonly hostHeader: string;
  /** Lower case, without port and trailing dot: what routes are found by. */
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  readonly hasBody: boolean;
}

function only(rawHeaders: readonly string[], wanted: string): string[] {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === wanted) values.push(rawHeaders[at + 1] ?? '');
  }
  return values;
}

function targetOf(url: string, hostHeader: string): string {
  if (url.startsWith('/') || url === '*') return url === '*' ? '/' : url;
  const match = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url);
  if (!match || match[1]?.toLowerCase() !== hostHeader)
    throw new BadHead('TARGET_INVALID', 'The request target names another host than the Host header.');
  const rest = match[2] ?? '';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Checks what the parser lets through but two servers could read in two ways. Throws {@link BadHead}. */
export function readHead(request: IncomingMessage): Head {
  const hosts = only(request.rawHeaders, 'host');
  const hostHeader = (hosts[0] ?? '').toLowerCase();
  if (hosts.length !== 1 || !hostPattern.test(hostHeader))
    throw new BadHead('HOST_INVALID', 'The request does not have exactly one valid Host header.');
  const lengths = only(request.rawHeaders, 'content-length');
  const codings = only(request.rawHeaders, 'transfer-encoding');
  if (lengths.length > 1 || (lengths[0] !== undefined && !/^\d+$/.test(lengths[0])))
    throw new BadHead('LENGTH_INVALID', 'The Content-Length header is repeated or is not a number.');
  if (lengths.length > 0 && codings.length > 0)
    throw new BadHead('LENGTH_AMBIGUOUS', 'The request has both Content-Length and Transfer-Encoding.');
  if (codings.length > 1 || (codings[0] !== undefined && codings[0].trim().toLowerCase() !== 'chunked')) {
    throw new BadHead('CODING_UNKNOWN', 'The only transfer coding that is understood is "chunked".');
  }
  if (codings.length > 0 && request.httpVersion === '1.0')
    throw new BadHead('CODING_UNKNOWN', 'HTTP/1.0 has no transfer codings.');
  return {
    hostHeader,
    host: hostHeader.replace(/:\d+$/, '').replace(/\.$/, ''),
    target: targetOf(request.url ?? '/', hostHeader),
    hasBody: codings.length > 0 || Number(lengths[0] ?? 0) > 0,
  };
}

/** Scheme that a visitor used. */
export function schemeOf(request: IncomingMessage): 'http' | 'https' {
  return request.socket instanceof TLSSocket ? 'https' : 'http';
}

function listedIn(connection: readonly string[]): Set<string> {
  return new Set(connection.flatMap((value) => value.split(',')).map((name) => name.trim().toLowerCase()));
}

/** Headers to send to the upstream: end-to-end ones as they came, then ours. Alternating names and values. */
export function requestHeaders(request: IncomingMessage, head: Head, scheme: string): string[] {
  const listed = listedIn(only(request.rawHeaders, 'connection'));
  const client = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  const headers = ['host', head.hostHeader];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? '';
    const lower = name.toLowerCase();
    // Gateways such as WSGI read `X_Forwarded_For` as `X-Forwarded-For`.
    const same = lower.includes('_') ? lower.replaceAll('_', '-') : lower;
    if (hopByHop.has(same) || ours.has(same) || (listed.has(lower) && lower !== 'content-length')) continue;
    headers.push(name, request.rawHeaders[at + 1] ?? '');
  }
  headers.push('x-forwarded-for', client, 'x-forwarded-proto', scheme, 'x-forwarded-host', head.hostHeader);
  return headers;
}

/** Headers to give to the client: the upstream's end-to-end ones, each as often as it came, and the route's in place of those of their names. */
export function responseHeaders(
  raw: readonly (string | Buffer)[],
  set: readonly (readonly [lower: string, name: string, value: string])[] = [],
): string[] {
  const text = raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')));
  const listed = listedIn(only(text, 'connection'));
  const headers: string[] = [];
  for (let at = 0; at < text.length; at += 2) {
    const lower = text[at]?.toLowerCase() ?? '';
    if (hopByHop.has(lower) || listed.has(lower) || set.some(([own]) => own === lower)) continue;
    headers.push(text[at] ?? '', text[at + 1] ?? '');
  }
  for (const [, name, value] of set) headers.push(name, value);
  return headers;
}

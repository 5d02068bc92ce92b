import { lookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { request as plain } from '@containr/sdk/node-http';
import type { IncomingMessage } from 'node:http';
import { request as encrypted } from 'node:https';
import { ContainrError } from '@containr/sdk';
import { isInner } from '@containr/sdk/host';

/** One outgoing request of a plugin. */
export interface OutgoingRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer | null;
  readonly redirect: 'follow' | 'manual' | 'error';
}

const timeoutMs = 30_000;
const mostRedirects = 5;

/** Gives the addresses of a name, all of them. */
export type Resolve = (
  host: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Sends a request to a place that `allow` lets pass (it throws otherwise): a host, with its port unless it is 80 or 443. Each
 * redirect is asked for again. A name is resolved once; one that leads to this machine or a private network is refused
 * (`FETCH_INNER_ADDRESS`), and the addresses that were checked are those connected to.
 */
export async function sendOutgoing(
  request: OutgoingRequest,
  allow: (place: string) => void,
  signal: AbortSignal,
  resolve: Resolve = lookup,
): Promise<IncomingMessage> {
  let current = request;
  for (let hop = 0; ; hop += 1) {
    const url = new URL(current.url);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused(`The scheme ${url.protocol} is not HTTP.`);
    allow(placeOf(url));
    // An address that the admin granted by number may be an inner one: it was said out loud.
    const response = await once(url, current, signal, resolve);
    const location = response.headers.location;
    const redirects = [301, 302, 303, 307, 308].includes(response.statusCode ?? 0) && location !== undefined;
    if (!redirects || current.redirect === 'manual') return response;
    response.destroy();
    if (current.redirect === 'error' || hop >= mostRedirects) throw refused('It redirects, and may not.');
    const next = new URL(location, url);
    const keeps = [307, 308].includes(response.statusCode ?? 0);
    current = {
      ...current,
      url: next.href,
      ...(keeps ? {} : { method: current.method === 'HEAD' ? 'HEAD' : 'GET', body: null }),
      headers: current.headers.filter(
        ([name]) => next.origin === url.origin || !/^(authorization|cookie)$/i.test(name),
      ),
    };
  }
}

/** What a grant names: `example.com`, `example.com:8443`, `::1`, `[::1]:8080`. */
function placeOf({ hostname, port }: URL): string {
  return ['', '80', '443'].includes(port) ? hostname.replace(/^\[|\]$/g, '') : `${hostname}:${port}`;
}

function once(
  url: URL,
  { method, headers, body }: OutgoingRequest,
  signal: AbortSignal,
  resolveName: Resolve,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = (url.protocol === 'https:' ? encrypted : plain)(url, {
      method,
      headers: Object.fromEntries(
        headers.filter(([name]) => !/^(host|connection|content-length|transfer-encoding|upgrade)$/i.test(name)),
      ),
      agent: false,
      timeout: timeoutMs,
      signal,
      lookup: outerLookup(resolveName),
      maxHeaderSize: 65_536,
    });
    sent.once('response', resolve);
    sent.once('timeout', () => sent.destroy(refused(`${url.hostname} did not answer within ${timeoutMs / 1000} s.`)));
    sent.once('error', reject);
    sent.end(body ?? undefined);
  });
}

function outerLookup(resolve: Resolve) {
  return (
    hostname: string,
    options: LookupOptions,
    callback: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
  ): void => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const bad = addresses.find(({ address }) => isInner(address));
      if (bad) return callback(innerError(hostname, bad.address), []);
      const [first] = addresses;
      if (options.all) callback(null, addresses);
      else callback(null, first?.address ?? '', first?.family ?? 4);
    });
  };
}

function innerError(host: string, address: string): ContainrError {
  return new ContainrError({
    code: 'FETCH_INNER_ADDRESS',
    status: 403,
    detail: `"${host}" leads to ${address}, which is this machine or a private network.`,
    hint: 'Grant the address itself, if the plugin is meant to reach it.',
  });
}

function refused(detail: string): ContainrError {
  return new ContainrError({ code: 'FETCH_REFUSED', status: 502, detail, hint: 'Ask for another address.' });
}

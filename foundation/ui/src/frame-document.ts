import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

const plainHost = /^[a-z0-9.-]{1,253}(?::\d{1,5})?$/i;
const inlineScript = /<script type="importmap">([^]*?)<\/script>/;

/** What the shell's build leaves for frames: a document whose import map names the shared modules. */
export const frameTemplate = 'frame.html';

/**
 * Answers the document of a frame. It is a page of nobody (`sandbox`), runs scripts of the dashboard's shared modules and of `base`
 * alone, connects to nothing, and may be shown by this dashboard only.
 */
export function sendFrameDocument(
  request: IncomingMessage,
  response: ServerResponse,
  page: { readonly template: string; readonly base: string },
): void {
  const map = inlineScript.exec(page.template)?.[1] ?? '';
  const hash = createHash('sha256').update(map).digest('base64');
  const own = addresses(request.headers, `${page.base}/`);
  const shared = addresses(request.headers, '/assets/');
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  // What a content policy does not cover: peers (WebRTC), names that are looked up, navigation. For browsers that know it.
  response.setHeader('connection-allowlist', '(response-origin);webrtc=block');
  response.setHeader('x-dns-prefetch-control', 'off');
  // A process of its own, where a browser has that: what hangs in one frame then hangs nowhere else.
  response.setHeader('document-isolation-policy', 'isolate-and-credentialless');
  response.setHeader(
    'content-security-policy',
    [
      // Forms too: without it a view never hears that one was sent. Where they may go is nowhere.
      'sandbox allow-scripts allow-forms',
      "default-src 'none'",
      `script-src 'sha256-${hash}' ${shared} ${own}`,
      `style-src 'unsafe-inline' ${shared} ${own}`,
      `img-src data: ${own}`,
      `font-src ${shared} ${own}`,
      "connect-src 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'self'",
    ].join('; '),
  );
  response.end(request.method === 'HEAD' ? undefined : page.template);
}

/**
 * Headers of a file that only frames may load. They have no origin, so they ask as strangers, without cookies; the dashboard itself,
 * with whose session such a script must never run, is refused.
 */
export function guardFramedFile(request: IncomingMessage, response: ServerResponse): boolean {
  response.setHeader('cross-origin-resource-policy', 'cross-origin');
  response.setHeader('content-security-policy', "sandbox; default-src 'none'");
  return request.headers['sec-fetch-site'] !== 'same-origin';
}

// A policy's `'self'` would let a frame load any path. The host is the one that the browser asked for; one that can't stand in a policy
// (an IPv6 address) leaves `'self'`.
function addresses(headers: IncomingHttpHeaders, path: string): string {
  const hosts = [headers.host, headers['x-forwarded-host']].filter(
    (host): host is string => typeof host === 'string' && plainHost.test(host),
  );
  return hosts.length === 0 ? "'self'" : hosts.map((host) => `${host}${path}`).join(' ');
}

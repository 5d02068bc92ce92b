import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** Stands in the built index.html where each answer's nonce goes. */
const placeholder = /__NONCE__/g;

const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Dashboard not built</title>
<body><h1>The dashboard is not built</h1><p>The control plane runs, and the API and the command line work. Run <code>npm run build</code> in the install folder, then reload this page.</p></body></html>`;

/** Answers the dashboard's one page. Its policy allows scripts and style elements with this answer's nonce only. */
export function sendPage(response: ServerResponse, page: string | null, head: boolean): void {
  const nonce = randomBytes(18).toString('base64');
  response.statusCode = page === null ? 503 : 200;
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.setHeader('content-security-policy', policy(nonce));
  response.setHeader('x-frame-options', 'DENY');
  if (page === null) response.setHeader('retry-after', '30');
  response.end(head ? undefined : (page ?? notBuilt).replace(placeholder, nonce));
}

function policy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    // Also where a frame may be led, by itself or by others: nowhere but here.
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types vue',
  ].join('; ');
}

// Serves a folder of files: GET and HEAD, index.html, ETag, ranges, precompressed .gz, 404.html, and 200.html for single-page apps.
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';

const root = await realpath(resolve(process.argv[2] ?? '.'));
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.xml': 'application/xml',
  '.wasm': 'application/wasm',
  '.pdf': 'application/pdf',
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
  '.webmanifest': 'application/manifest+json',
};

async function find(path) {
  try {
    const real = await realpath(join(root, path));
    if (real !== root && !real.startsWith(root + sep)) return null;
    const found = await stat(real);
    if (found.isDirectory()) return find(join(path, 'index.html'));
    return found.isFile() ? { path: real, size: found.size, modified: found.mtime } : null;
  } catch {
    return null;
  }
}

function rangeOf(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]));
  return { start, end, valid: start <= end && start < size };
}

async function answer(request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
  let path;
  try {
    path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
  } catch {
    return void response.writeHead(400).end();
  }
  const hidden = path.includes('\0') || path.split('/').some((part) => part.startsWith('.') && part !== '.well-known');
  let status = 200;
  let file = hidden ? null : await find(path);
  if (!file) file = await find('200.html');
  if (!file) {
    status = 404;
    file = await find('404.html');
  }
  if (!file) return void response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('Not found\n');
  const headers = {
    'content-type': types[extname(file.path).toLowerCase()] ?? 'application/octet-stream',
    'last-modified': file.modified.toUTCString(),
    'x-content-type-options': 'nosniff',
    'cache-control':
      /[.-][A-Za-z0-9_-]{8,}\.\w+$/.test(file.path) && !file.path.endsWith('.html')
        ? 'public, max-age=31536000, immutable'
        : 'public, max-age=0, must-revalidate',
    'accept-ranges': 'bytes',
    vary: 'accept-encoding',
  };
  let source = file;
  const packed =
    /\bgzip\b/.test(request.headers['accept-encoding'] ?? '') && !request.headers.range
      ? await find(`${path}.gz`)
      : null;
  if (packed && status === 200) {
    source = packed;
    headers['content-encoding'] = 'gzip';
  }
  headers.etag = `"${source.size.toString(36)}-${source.modified.getTime().toString(36)}"`;
  if (status === 200 && request.headers['if-none-match'] === headers.etag)
    return void response.writeHead(304, headers).end();
  const range = status === 200 ? rangeOf(request.headers.range, source.size) : null;
  if (range && !range.valid) return void response.writeHead(416, { 'content-range': `bytes */${source.size}` }).end();
  if (range) headers['content-range'] = `bytes ${range.start}-${range.end}/${source.size}`;
  headers['content-length'] = range ? range.end - range.start + 1 : source.size;
  response.writeHead(range ? 206 : status, headers);
  if (request.method === 'HEAD' || source.size === 0) return void response.end();
  const stream = createReadStream(source.path, range ? { start: range.start, end: range.end } : {});
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.keepAliveTimeout = 65_000;
const port = Number(process.env.PORT ?? 8080);
server.listen(port, '0.0.0.0', () => console.log(`Serving ${process.argv[2] ?? '.'} on port ${port}`));
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});

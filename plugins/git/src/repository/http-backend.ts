import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ContainrError } from '@containr/sdk';
import { gitEnvironment } from './git-environment.ts';

const largestHead = 65_536;
/** How long a backend may take to end when its client has left. */
const graceMs = 30_000;

/** A request for `git http-backend`, as its CGI variables say it. */
export interface BackendRequest {
  /** Folder of the repositories. */
  readonly root: string;
  /** `/<id>.git/info/refs` … */
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly query: string;
  readonly headers: Headers;
  readonly user: string;
  /** `null`: none. */
  readonly body: AsyncIterable<Uint8Array> | null;
  /** When the client leaves, the backend gets no more input and is ended some time later. */
  readonly signal: AbortSignal;
}

/** What a backend answers. */
export interface BackendResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Destroying it ends the backend. */
  readonly body: Readable;
  /** Resolves with the exit code when the process is gone. */
  readonly ended: Promise<number | null>;
}

function environmentOf(request: BackendRequest): Record<string, string> {
  const { headers } = request;
  const protocol = headers.get('git-protocol') ?? '';
  const optional: Record<string, string | null> = {
    CONTENT_TYPE: headers.get('content-type'),
    CONTENT_LENGTH: headers.get('content-length'),
    HTTP_CONTENT_ENCODING: headers.get('content-encoding'),
    GIT_PROTOCOL: /^version=[012]$/.test(protocol) ? protocol : null,
  };
  const environment: Record<string, string> = {
    ...gitEnvironment(request.root),
    GIT_PROJECT_ROOT: request.root,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: request.path,
    QUERY_STRING: request.query,
    REQUEST_METHOD: request.method,
    REMOTE_USER: request.user,
    REMOTE_ADDR: '127.0.0.1',
  };
  for (const [name, value] of Object.entries(optional)) if (value !== null) environment[name] = value;
  return environment;
}

/**
 * Runs `git http-backend`. It is spawned here and not by `ctx.exec`, because its output must stream as bytes: packs are large
 * and a push is answered while it runs. Throws `GIT_MISSING`, `GIT_FAILED`.
 */
export async function httpBackend(request: BackendRequest): Promise<BackendResponse> {
  const child = spawn('git', ['http-backend'], {
    cwd: request.root,
    env: environmentOf(request),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const { promise: ended, resolve } = Promise.withResolvers<number | null>();
  let missing = false;
  child.once('error', () => {
    missing = true;
    resolve(null);
  });
  child.once('close', (code) => resolve(code));
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-2000)));
  // A backend that refuses does not read its input; its answer says why.
  child.stdin.on('error', () => undefined);
  void feed(child, request);
  const head = await readHead(child.stdout);
  if (!head) {
    await ended;
    throw missing
      ? new ContainrError({
          code: 'GIT_MISSING',
          status: 503,
          detail: 'Git is not installed on the control plane.',
          hint: 'Install git, then push again.',
        })
      : new ContainrError({
          code: 'GIT_FAILED',
          status: 500,
          detail: `Git ended without an answer: ${complaint.trim() || 'it said nothing'}.`,
          hint: 'Push again; if it stays, look at the log of the control plane.',
        });
  }
  child.stdout.once('close', () => end(child, 'SIGTERM'));
  return { status: head.status, headers: head.headers, body: child.stdout, ended };
}

function end(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It went by itself.
  }
}

async function feed(child: ChildProcess, request: BackendRequest): Promise<void> {
  const { stdin } = child;
  if (!stdin) return;
  const leave = (): void => {
    stdin.destroy();
    setTimeout(() => end(child, 'SIGKILL'), graceMs).unref();
  };
  request.signal.addEventListener('abort', leave, { once: true });
  try {
    await pipeline(Readable.from(request.body ?? [], { objectMode: false }), stdin);
  } catch {
    // The client left, or the backend did not want all of it; how it ends tells.
  } finally {
    request.signal.removeEventListener('abort', leave);
  }
}

async function readHead(stdout: Readable): Promise<{ status: number; headers: Headers } | null> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const chunk = await nextChunk(stdout);
    if (!chunk) return null;
    bytes = Buffer.concat([bytes, chunk]);
    const at = bytes.indexOf('\r\n\r\n');
    if (at >= 0) {
      if (at + 4 < bytes.length) stdout.unshift(bytes.subarray(at + 4));
      return parseHead(bytes.toString('latin1', 0, at));
    }
    if (bytes.length > largestHead) return null;
  }
}

function nextChunk(stdout: Readable): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const look = (): void => {
      const chunk: unknown = stdout.read();
      if (Buffer.isBuffer(chunk)) return settle(chunk);
      if (stdout.readableEnded || stdout.destroyed) settle(null);
    };
    const none = (): void => settle(null);
    const settle = (chunk: Buffer | null): void => {
      stdout.off('readable', look).off('end', none).off('close', none);
      resolve(chunk);
    };
    stdout.on('readable', look).on('end', none).on('close', none);
    look();
  });
}

function parseHead(text: string): { status: number; headers: Headers } {
  const headers = new Headers();
  let status = 200;
  for (const line of text.split('\r\n')) {
    const at = line.indexOf(':');
    if (at < 1) continue;
    const [name, value] = [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    if (name === 'status') status = Number.parseInt(value, 10);
    else headers.append(name, value);
  }
  return { status, headers };
}

import { request } from '@containr/sdk/node-http';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { ContainrError } from '@containr/sdk';
import { consoleSocketOf } from '@containr/sdk/host';

/**
 * `fetch` over the owner-only socket in a data folder: who can open it is the console, and needs no account. Throws
 * `CONSOLE_CLOSED` when no install serves there, `CONSOLE_FORBIDDEN` when it is somebody else's.
 */
export function consoleFetch(data: string): typeof globalThis.fetch {
  const socketPath = consoleSocketOf(resolve(data));
  return async function fetchConsole(input, init = {}) {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = Object.fromEntries(new Headers(init.headers));
    const body = bodyOf(init.body);
    return new Promise<Response>((answer, reject) => {
      const outgoing = request(
        {
          socketPath,
          method: init.method ?? 'GET',
          path: url.pathname + url.search,
          headers: { ...headers, host: 'localhost' },
          ...(init.signal ? { signal: init.signal } : {}),
        },
        (incoming) => {
          const status = incoming.statusCode ?? 500;
          const kept = Object.entries(incoming.headers).flatMap(([name, value]): [string, string][] =>
            value === undefined ? [] : [[name, [value].flat().join(', ')]],
          );
          const empty = status === 204 || status === 304;
          if (empty) incoming.resume();
          // The two declarations of the same web stream differ in Node's types.
          answer(
            new Response(empty ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>), {
              status,
              headers: kept,
            }),
          );
        },
      );
      outgoing.on('error', (error: NodeJS.ErrnoException) => reject(explained(error, data)));
      if (body instanceof Readable) {
        body.on('error', (error) => outgoing.destroy(error));
        body.pipe(outgoing);
      } else outgoing.end(body);
    });
  };
}

function bodyOf(body: RequestInit['body']): Readable | string | Uint8Array | undefined {
  if (body === null || body === undefined) return undefined;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  if (body instanceof ReadableStream) return Readable.fromWeb(body as NodeReadableStream<Uint8Array>);
  if (body instanceof Blob) return Readable.fromWeb(body.stream() as NodeReadableStream<Uint8Array>);
  throw new TypeError('The console takes text, bytes or a stream.');
}

function explained(error: NodeJS.ErrnoException, data: string): Error {
  if (error.code === 'EACCES' || error.code === 'EPERM')
    return new ContainrError({
      code: 'CONSOLE_FORBIDDEN',
      status: 403,
      detail: `The console of ${data} belongs to another user.`,
      hint: 'Run this as the user that runs Containr.',
      cause: error,
    });
  if (error.code !== 'ENOENT' && error.code !== 'ECONNREFUSED') return error;
  return new ContainrError({
    code: 'CONSOLE_CLOSED',
    status: 503,
    detail: `No install serves from ${join(data)}.`,
    hint: 'Start it, or name its data folder: containr --console --data DIR …',
    cause: error,
  });
}

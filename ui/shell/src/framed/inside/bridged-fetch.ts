import type { FrameMessage, ToFrame } from '../messages.ts';
import { requestBounds } from '../messages.ts';

interface Waiting {
  resolve(response: Response): void;
  reject(error: Error): void;
  body: ReadableStreamDefaultController<Uint8Array> | null;
}

/** A `fetch` for a page without a network: the dashboard makes the request, and hands the answer over piece by piece. */
export function bridgedFetch(send: (message: FrameMessage) => void): {
  readonly fetch: typeof globalThis.fetch;
  hear(message: ToFrame): void;
} {
  const waiting = new Map<number, Waiting>();
  let last = 0;

  function drop(id: number): void {
    if (waiting.delete(id)) send({ type: 'drop', id });
  }

  function answer(one: Waiting, { id, status, headers }: Extract<ToFrame, { type: 'answered' }>): void {
    if ([204, 205, 304].includes(status)) {
      drop(id);
      return one.resolve(new Response(null, { status, headers }));
    }
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (one.body = controller),
        pull: () => send({ type: 'pull', id }),
        cancel: () => drop(id),
      },
      { highWaterMark: 0 },
    );
    one.resolve(new Response(body, { status, headers }));
  }

  function fail(id: number, one: Waiting, detail: string): void {
    waiting.delete(id);
    const error = new TypeError(detail);
    if (one.body) one.body.error(error);
    else one.reject(error);
  }

  return {
    fetch: (input, init = {}) =>
      new Promise((resolve, reject) => {
        const url = new URL(input instanceof Request ? input.url : input);
        const { body = null, signal } = init;
        const path = `${url.pathname}${url.search}`;
        const method = requestBounds.methods.find((one) => one === (init.method ?? 'GET'));
        if (method === undefined || (body !== null && typeof body !== 'string'))
          return reject(new TypeError('A view that is not trusted sends text, by the methods of the API.'));
        if (path.length > requestBounds.path || (body?.length ?? 0) > requestBounds.body)
          return reject(new TypeError(`A view that is not trusted sends ${requestBounds.body} characters at most.`));
        if (signal?.aborted) return reject(signal.reason as Error);
        const id = (last += 1);
        const one: Waiting = { resolve, reject, body: null };
        waiting.set(id, one);
        signal?.addEventListener(
          'abort',
          () => {
            if (!waiting.has(id)) return;
            drop(id);
            one.body?.error(signal.reason);
            reject(signal.reason as Error);
          },
          { once: true },
        );
        const headers = Object.fromEntries(new Headers(init.headers));
        send({ type: 'request', id, method, path, headers, body });
      }),
    hear(message) {
      if (message.type !== 'answered' && message.type !== 'unanswered' && message.type !== 'piece') return;
      const one = waiting.get(message.id);
      if (!one) return;
      if (message.type === 'answered') answer(one, message);
      else if (message.type === 'unanswered') fail(message.id, one, message.detail);
      else if (message.bytes) one.body?.enqueue(message.bytes);
      else {
        waiting.delete(message.id);
        one.body?.close();
      }
    },
  };
}

import { Allowance } from './allowance.ts';
import type { FramedPlugin } from './framed-plugin.ts';
import type { FrameMessage, ToFrame } from './messages.ts';
import { ownRequest } from './own-places.ts';

type Request = Extract<FrameMessage, { type: 'request' }>;
type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

interface Open {
  readonly abort: AbortController;
  reader: Reader | null;
  rest: Uint8Array<ArrayBuffer> | null;
  pulling: boolean;
}

const mostOpen = 16;
const pieceBytes = 65_536;
const sent = new Set(['accept', 'content-type', 'if-match', 'if-none-match', 'idempotency-key', 'last-event-id']);
const shown = ['content-type', 'etag', 'location', 'last-modified', 'retry-after', 'x-request-id'];

/** Makes requests of one frame with the session of who is signed in: to the plugin's own routes only, a bounded number at once. */
export function frameRequests(plugin: FramedPlugin, send: (message: ToFrame) => void) {
  const open = new Map<number, Open>();
  const allowed = new Allowance(60, 20);

  function drop(id: number): void {
    const found = open.get(id);
    open.delete(id);
    found?.abort.abort();
  }

  async function request(message: Request): Promise<void> {
    const { id } = message;
    const url = ownRequest(message.path, plugin.framed.segments, plugin.host.origin);
    const refusal = !url
      ? `${plugin.displayName} may ask its own routes only, and ${message.path.slice(0, 200)} is none of them.`
      : open.size >= mostOpen || open.has(id) || !allowed.take()
        ? `${plugin.displayName} asks too often.`
        : null;
    if (!url || refusal !== null) return send({ type: 'unanswered', id, detail: refusal ?? '' });
    const one: Open = { abort: new AbortController(), reader: null, rest: null, pulling: false };
    open.set(id, one);
    try {
      const response = await fetch(url, {
        method: message.method,
        headers: Object.entries(message.headers).filter(([name]) => sent.has(name.toLowerCase())),
        body: message.body,
        credentials: 'same-origin',
        // An own route that leads elsewhere would get the frame an answer of somebody else's.
        redirect: 'error',
        cache: 'no-store',
        signal: one.abort.signal,
      });
      if (open.get(id) !== one) return;
      one.reader = response.body?.getReader() ?? null;
      const headers = shown.flatMap((name) => {
        const value = response.headers.get(name);
        return value === null ? [] : [[name, value] as const];
      });
      send({ type: 'answered', id, status: response.status, headers: Object.fromEntries(headers) });
    } catch {
      if (open.get(id) === one) send({ type: 'unanswered', id, detail: 'There was no answer.' });
      drop(id);
    }
  }

  // One piece for each that is asked for, so that the dashboard never holds more than one of them.
  async function pull(id: number): Promise<void> {
    const one = open.get(id);
    if (!one || one.pulling) return;
    one.pulling = true;
    try {
      const bytes = one.rest ?? (await one.reader?.read())?.value ?? null;
      if (open.get(id) !== one) return;
      one.rest = bytes && bytes.length > pieceBytes ? bytes.slice(pieceBytes) : null;
      send({ type: 'piece', id, bytes: bytes ? bytes.slice(0, pieceBytes) : null });
      if (!bytes) drop(id);
    } catch {
      if (open.get(id) === one) send({ type: 'unanswered', id, detail: 'The answer broke off.' });
      drop(id);
    } finally {
      one.pulling = false;
    }
  }

  return {
    request,
    pull,
    drop,
    close() {
      for (const id of [...open.keys()]) drop(id);
    },
  };
}

/** One server-sent event; `data` is parsed from JSON where it is JSON. */
export interface ServerEvent<T = unknown> {
  /** Place to go on from; `null` when the server gave none. */
  readonly id: string | null;
  /** `message` when the server named none. */
  readonly event: string;
  readonly data: T;
}

/** A parsed event, or `retry` in milliseconds when the server asked for a pause of its own. */
export interface Frame extends ServerEvent {
  readonly retryMs: number | null;
}

/** Reads the events of a body, in order, until it ends. Comments are skipped, but count as a sign of life for `onBytes`. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void = () => undefined,
): AsyncGenerator<Frame> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      rest += decoder.decode(value, { stream: true });
      // A CR at the very end may be half of a CRLF: wait for what follows.
      const ready = rest.endsWith('\r') ? rest.length - 1 : rest.length;
      const blocks = (rest.slice(0, ready).replace(/\r\n?/g, '\n') + rest.slice(ready)).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const frame = parseBlock(block);
        if (frame) yield frame;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function parseBlock(block: string): Frame | null {
  const data: string[] = [];
  let id: string | null = null;
  let event = 'message';
  let retryMs: number | null = null;
  for (const line of block.split('\n')) {
    if (line.startsWith(':') || line === '') continue;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (field === 'data') data.push(value);
    else if (field === 'id') id = value;
    else if (field === 'event') event = value;
    else if (field === 'retry' && /^\d+$/.test(value)) retryMs = Number(value);
  }
  if (data.length === 0 && retryMs === null) return null;
  return { id, event, data: data.length === 0 ? null : jsonOrText(data.join('\n')), retryMs };
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

import { createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Infer } from '@containr/sdk';
import { ContainrError, defineSchema, isContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { problemFrom } from './control-client.ts';

const pieceBytes = 8 * 1024 * 1024;
/** How long nothing may come through before it is given up. */
const patienceMs = 120_000;

const Received = defineSchema({
  type: 'object',
  properties: { receivedBytes: { type: 'integer', minimum: 0 }, complete: { type: 'boolean' } },
  required: ['receivedBytes', 'complete'],
});

/** How an agent reaches the control plane over HTTP. */
export interface Way {
  readonly control: string;
  bearer(): Promise<string>;
}

/**
 * Sends a file to an API path that takes files piece by piece (`GET …/received`, `PUT …?offset=&size=`). What has arrived is not
 * sent again, whatever breaks in between. Throws the control plane's refusal, or `CONTROL_PLANE_UNREACHABLE`.
 */
export async function sendFile(way: Way, path: string, file: string, signal: AbortSignal): Promise<void> {
  const { size } = await stat(file);
  const source = await open(file, 'r');
  try {
    let received: Infer<typeof Received> | null = null;
    for (const patience = new Patience(); received?.complete !== true;) {
      try {
        received ??= await ask(way, `${path}/received`, {}, signal);
        if (received.complete) return;
        const piece = Buffer.alloc(Math.min(pieceBytes, size - received.receivedBytes));
        const { bytesRead } = await source.read(piece, 0, piece.length, received.receivedBytes);
        const query = `?offset=${received.receivedBytes}&size=${size}`;
        const headers = { 'content-type': 'application/octet-stream' };
        const body = piece.subarray(0, bytesRead);
        received = await ask(way, `${path}${query}`, { method: 'PUT', headers, body }, signal);
        patience.renew();
      } catch (error) {
        received = null;
        await patience.wait(error, signal);
      }
    }
  } finally {
    await source.close();
  }
}

/** Fetches an API path that answers ranges into a file; goes on behind what the file has. Throws like {@link sendFile}. */
export async function fetchFile(way: Way, path: string, file: string, signal: AbortSignal): Promise<void> {
  for (const patience = new Patience(); ;) {
    const have = (await stat(file).catch(() => null))?.size ?? 0;
    try {
      const response = await request(way, path, { headers: have > 0 ? { range: `bytes=${have}-` } : {} }, signal);
      // Nothing is left beyond what is here.
      if (response.status === 416) return;
      if (!response.ok) throw await problemFrom(response, path);
      const sink = createWriteStream(file, { flags: response.status === 206 ? 'a' : 'w', mode: 0o600 });
      await pipeline(response.body ? Readable.fromWeb(response.body as ReadableStream) : Readable.from([]), sink, {
        signal,
      });
      return;
    } catch (error) {
      if (((await stat(file).catch(() => null))?.size ?? 0) > have) patience.renew();
      await patience.wait(error, signal);
    }
  }
}

async function ask(way: Way, path: string, init: RequestInit, signal: AbortSignal): Promise<Infer<typeof Received>> {
  const response = await request(way, path, init, signal);
  if (!response.ok) throw await problemFrom(response, path);
  return validate<Infer<typeof Received>>(Received, await response.json(), `The answer of ${path}`);
}

async function request(way: Way, path: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
  const bearer = await way.bearer();
  const headers = { ...(init.headers as Record<string, string>), authorization: `Bearer ${bearer}` };
  return fetch(`${way.control}${path}`, { ...init, headers, redirect: 'error', signal });
}

/** Waits between tries, longer each time, until nothing came through for too long. */
class Patience {
  #since = Date.now();
  #pauseMs = 200;

  renew(): void {
    this.#since = Date.now();
    this.#pauseMs = 200;
  }

  /** Throws what can't be waited out: refusals, and the end of patience. */
  async wait(error: unknown, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const passing = !isContainrError(error) || [401, 409, 429, 503].includes(error.status);
    if (!passing) throw error;
    if (Date.now() - this.#since > patienceMs) throw isContainrError(error) ? error : unreachable(error);
    await sleep(this.#pauseMs, undefined, { signal });
    this.#pauseMs = Math.min(this.#pauseMs * 2, 3000);
  }
}

function unreachable(cause: unknown): ContainrError {
  return new ContainrError({
    code: 'CONTROL_PLANE_UNREACHABLE',
    status: 503,
    detail: 'The control plane did not answer for two minutes while a file was on its way.',
    hint: 'See whether it runs, and whether this node reaches it.',
    cause,
  });
}

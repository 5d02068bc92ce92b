import { ContainrError } from '@containr/sdk';

/** What a frame carries; `abort` and `end` have no content. */
export const frameKinds = { call: 1, result: 2, bytes: 3, error: 4, notify: 5, abort: 6 } as const;
export type FrameKind = (typeof frameKinds)[keyof typeof frameKinds];

/** One message on the channel: four bytes of length, one of kind, four of the call's id, then the content. */
export interface Frame {
  readonly kind: number;
  readonly id: number;
  readonly content: Buffer;
}

/** Largest content of one frame, in bytes; larger bodies go in pieces. */
export const largestFrame = 2 * 1024 * 1024;
const headerBytes = 9;

/** Writes a frame as bytes. */
export function encodeFrame(kind: FrameKind, id: number, content: Uint8Array): Buffer {
  if (content.byteLength > largestFrame) throw tooLarge(content.byteLength);
  const frame = Buffer.allocUnsafe(headerBytes + content.byteLength);
  frame.writeUInt32BE(content.byteLength, 0);
  frame.writeUInt8(kind, 4);
  frame.writeUInt32BE(id, 5);
  frame.set(content, headerBytes);
  return frame;
}

/** Cuts a stream of bytes into frames; holds at most one unfinished frame beside what was pushed. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** Bytes that wait here. */
  get waiting(): number {
    return this.#bytes;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
  }

  /** The next whole frame, or `null`. Throws `CHANNEL_FRAME` for one that is larger than allowed. */
  next(): Frame | null {
    if (this.#bytes < headerBytes) return null;
    const header = this.#peek(headerBytes);
    const length = header.readUInt32BE(0);
    if (length > largestFrame) throw tooLarge(length);
    if (this.#bytes < headerBytes + length) return null;
    const frame = this.#take(headerBytes + length);
    return { kind: frame.readUInt8(4), id: frame.readUInt32BE(5), content: frame.subarray(headerBytes) };
  }

  #peek(count: number): Buffer {
    const first = this.#chunks[0];
    if (first && first.byteLength >= count) return first;
    this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #take(count: number): Buffer {
    const first = this.#chunks[0];
    if (!first || first.byteLength < count) this.#chunks = [Buffer.concat(this.#chunks)];
    const whole = this.#chunks[0] ?? Buffer.alloc(0);
    if (whole.byteLength === count) this.#chunks.shift();
    else this.#chunks[0] = whole.subarray(count);
    this.#bytes -= count;
    return whole.subarray(0, count);
  }
}

function tooLarge(bytes: number): ContainrError {
  return new ContainrError({
    code: 'CHANNEL_FRAME',
    status: 413,
    detail: `A message of ${bytes} bytes is larger than the ${largestFrame} that fit one frame.`,
    hint: 'Send large bodies as a stream.',
  });
}

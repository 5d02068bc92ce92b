/** Ends a list of packets. */
export const flush = Buffer.from('0000');

/** Keeps a side-band connection busy; clients drop it. */
export const keepAlive = Buffer.from('0005\x01', 'latin1');

/** Most bytes of text in one side-band packet. */
const longest = 65_515;

/** One packet: its content, or `null` for a flush, and its bytes as they came. */
export interface Packet {
  readonly content: Buffer | null;
  readonly bytes: Buffer;
}

/** Cuts bytes into packets as they arrive. */
export class PacketReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Bytes that are not a whole packet yet. */
  get rest(): Buffer {
    return this.#rest;
  }

  /** The packets that are whole now; `until` stops after the first flush, and leaves what follows in {@link rest}. */
  push(chunk: Uint8Array, until: 'end' | 'flush' = 'end'): Packet[] {
    this.#rest = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    const packets: Packet[] = [];
    while (this.#rest.length >= 4) {
      const digits = this.#rest.toString('latin1', 0, 4);
      if (!/^[0-9a-f]{4}$/i.test(digits)) throw new Error(`"${digits}" is not the length of a packet`);
      const length = Number.parseInt(digits, 16);
      const size = length < 4 ? 4 : length;
      if (this.#rest.length < size) break;
      const bytes = this.#rest.subarray(0, size);
      this.#rest = this.#rest.subarray(size);
      packets.push({ content: length < 4 ? null : bytes.subarray(4), bytes });
      if (length < 4 && until === 'flush') break;
    }
    return packets;
  }
}

/** Text for the person who pushes: git shows each line with `remote:` in front. */
export function progress(text: string): Buffer {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += longest) {
    const part = bytes.subarray(at, at + longest);
    parts.push(Buffer.from((part.length + 5).toString(16).padStart(4, '0')), Buffer.from([2]), part);
  }
  return Buffer.concat(parts);
}

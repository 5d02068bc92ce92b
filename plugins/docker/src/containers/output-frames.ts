import { StringDecoder } from 'node:string_decoder';

/** One line of a container's output. */
export interface OutputFrameLine {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** Reads an engine's multiplexed stream: frames of one byte for the stream, three empty, four of length, then text. */
export async function* outputLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<OutputFrameLine> {
  const texts = { stdout: new Lines(), stderr: new Lines() };
  let rest = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    while (rest.length >= 8) {
      const end = 8 + rest.readUInt32BE(4);
      if (rest.length < end) break;
      const stream = rest[0] === 2 ? 'stderr' : 'stdout';
      for (const text of texts[stream].push(rest.subarray(8, end))) yield { stream, text };
      rest = rest.subarray(end);
    }
  }
  for (const stream of ['stdout', 'stderr'] as const) for (const text of texts[stream].end()) yield { stream, text };
}

class Lines {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  push(bytes: Buffer): string[] {
    const lines = (this.#rest + this.#decoder.write(bytes)).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  end(): string[] {
    const last = this.#rest + this.#decoder.end();
    return last === '' ? [] : [last];
  }
}

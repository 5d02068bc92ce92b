import { watch } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { RuntimeLogEntry } from '@containr/sdk/contracts';
import { defineSchema } from '@containr/sdk';
import type { Infer } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { segmentName, segmentNumbers } from './log-writer.ts';

const LineSchema = defineSchema({
  type: 'object',
  properties: {
    at: { type: 'string' },
    stream: { type: 'string', enum: ['stdout', 'stderr'] },
    text: { type: 'string' },
  },
  required: ['at', 'stream', 'text'],
  additionalProperties: false,
});
const lookAgainMs = 500;
const chunkBytes = 256 * 1024;

/** Where following stopped: file number and byte. */
interface Place {
  readonly segment: number;
  readonly offset: number;
}

/**
 * Follows a replica's log from right after `cursor`; what was rotated away is skipped. Ends when `ended` says that nothing
 * will be written any more and all was read, when the folder is gone, or at the signal.
 */
export async function* followLog(
  directory: string,
  cursor: string | null,
  ended: () => boolean,
  signal: AbortSignal,
): AsyncGenerator<RuntimeLogEntry> {
  let place = parseCursor(cursor);
  let file: FileHandle | null = null;
  const changes = new Changes(directory, signal);
  try {
    while (!signal.aborted) {
      const complete = ended();
      const numbers = segmentNumbers(await readdir(directory).catch(() => []));
      if (!file) {
        const number = numbers.find((each) => each >= place.segment);
        if (number === undefined) {
          if (complete || numbers.length === 0) return;
          await changes.next();
          continue;
        }
        if (number !== place.segment) place = { segment: number, offset: 0 };
        file = await open(join(directory, segmentName(number)), 'r').catch(() => null);
        if (!file) return;
      }
      const bytes = await readOn(file, place.offset);
      if (bytes.length > 0) {
        for (const entry of entries(bytes, place)) {
          yield entry;
          if (signal.aborted) return;
        }
        place = { ...place, offset: place.offset + bytes.length };
        continue;
      }
      // Read after the list was taken: a later file in the list means that this one is complete.
      if (numbers.some((each) => each > place.segment)) {
        await file.close();
        file = null;
        place = { segment: place.segment + 1, offset: 0 };
        continue;
      }
      if (complete || numbers.length === 0) return;
      await changes.next();
    }
  } finally {
    changes.close();
    await file?.close();
  }
}

function parseCursor(cursor: string | null): Place {
  const [segment, offset] = (cursor ?? '0:0').split(':').map(Number);
  return { segment: segment ?? 0, offset: offset ?? 0 };
}

// Whole lines only; a line longer than a chunk is read in one piece.
async function readOn(file: FileHandle, offset: number): Promise<Buffer> {
  for (let size = chunkBytes; ; size *= 4) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(size), 0, size, offset);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
    if (end > 0 || bytesRead < size) return buffer.subarray(0, end);
  }
}

function* entries(bytes: Buffer, place: Place): Generator<RuntimeLogEntry> {
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(10, start) + 1;
    const cursor = `${place.segment}:${place.offset + end}`;
    const line = validate<Infer<typeof LineSchema>>(
      LineSchema,
      JSON.parse(bytes.toString('utf8', start, end)),
      'A line of a log',
    );
    yield { at: line.at, stream: line.stream, text: line.text, cursor };
    start = end;
  }
}

/** Says when a folder may have changed; at the latest after half a second. */
class Changes {
  #wake: () => void = () => undefined;
  #changed = false;
  readonly #close: () => void;

  constructor(directory: string, signal: AbortSignal) {
    const poke = (): void => {
      this.#changed = true;
      this.#wake();
    };
    signal.addEventListener('abort', poke);
    try {
      const watcher = watch(directory, { persistent: false }, poke);
      watcher.on('error', poke);
      this.#close = () => {
        watcher.close();
        signal.removeEventListener('abort', poke);
      };
    } catch {
      this.#close = () => signal.removeEventListener('abort', poke);
    }
  }

  async next(): Promise<void> {
    if (!this.#changed) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, lookAgainMs);
      await promise;
      clearTimeout(timer);
    }
    this.#changed = false;
  }

  close(): void {
    this.#close();
  }
}

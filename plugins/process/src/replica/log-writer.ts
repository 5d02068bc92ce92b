import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';

const longestLine = 32 * 1024;

/** One line as it stands in a log file. */
export interface LogLine {
  /** RFC 3339. */
  readonly at: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** Name of the n-th file of a replica's log. */
export function segmentName(number: number): string {
  return `${String(number).padStart(8, '0')}.jsonl`;
}

/** Numbers of the files that are there, oldest first. */
export function segmentNumbers(names: readonly string[]): number[] {
  return names
    .flatMap((name) => /^(\d{8})\.jsonl$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** Appends lines to files of bounded size and number. A full disk loses lines, never the replica. */
export class LogWriter {
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #segments: number;
  #number: number;
  #file: number;
  #size = 0;

  constructor(directory: string, limits = { segmentBytes: 4 * 1024 * 1024, segments: 4 }) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#directory = directory;
    this.#segmentBytes = limits.segmentBytes;
    this.#segments = limits.segments;
    this.#number = (segmentNumbers(readdirSync(directory)).at(-1) ?? 0) + 1;
    this.#file = this.#open();
  }

  #open(): number {
    this.#size = 0;
    return openSync(join(this.#directory, segmentName(this.#number)), 'a', 0o600);
  }

  /** Appends whole lines with one write. */
  write(lines: readonly LogLine[]): void {
    if (lines.length === 0) return;
    const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    try {
      if (this.#size + bytes.length > this.#segmentBytes && this.#size > 0) this.#rotate();
      writeSync(this.#file, bytes);
      this.#size += bytes.length;
    } catch {
      // Nowhere left to say it.
    }
  }

  #rotate(): void {
    closeSync(this.#file);
    this.#number += 1;
    this.#file = this.#open();
    rmSync(join(this.#directory, segmentName(this.#number - this.#segments)), { force: true });
  }

  /** Takes what a stream writes, cut into lines with the time of their arrival. `end` writes an unfinished last line. */
  stream(name: LogLine['stream']): { push(bytes: Buffer): void; end(): void } {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    const take = (text: string): void => {
      const at = new Date().toISOString();
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      while (rest.length > longestLine) {
        parts.push(rest.slice(0, longestLine));
        rest = rest.slice(longestLine);
      }
      const lines = parts.map((part) => (part.endsWith('\r') ? part.slice(0, -1) : part)).flatMap(cut);
      this.write(lines.map((part) => ({ at, stream: name, text: part })));
    };
    return {
      push: (bytes) => take(decoder.write(bytes)),
      end: () => {
        take(decoder.end());
        if (rest !== '') take('\n');
      },
    };
  }
}

function cut(text: string): string[] {
  if (text.length <= longestLine) return [text];
  return Array.from({ length: Math.ceil(text.length / longestLine) }, (_, index) =>
    text.slice(index * longestLine, (index + 1) * longestLine),
  );
}

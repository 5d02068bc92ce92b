import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { OutputLine } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { Line } from '@containr/sdk/wire';

const longestLine = 16 * 1024;
const linesPerSecond = 2000;
const largestLog = 64 * 1024 * 1024;
const flushMs = 50;
const flushLines = 500;
const readBytes = 512 * 1024;

/** What a task writes: numbered lines in a file, from which they are shipped. */
export class TaskLog {
  readonly #file: number;
  readonly #written: () => void;
  #seq: number;
  #size: number;
  #pending: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #second = 0;
  #inSecond = 0;
  #dropped = 0;
  #closed = false;

  /** Opens (and mends) the log; `written` is called when lines can be read. */
  constructor(path: string, written: () => void) {
    this.#file = openSync(path, 'a+', 0o600);
    this.#written = written;
    this.#size = mend(this.#file);
    this.#seq = nextSeq(this.#file, this.#size);
  }

  /** Writes text, a line at a time; too long lines are cut, and lines beyond the rate are dropped and counted. */
  write(text: string, stream: OutputLine['stream']): void {
    if (this.#closed) return;
    for (const line of text.split('\n')) this.#line(line, stream);
  }

  /** Lines from a place in the file on, at most 500, and the place after them. */
  read(offset: number): { lines: OutputLine[]; next: number } {
    const chunk = Buffer.alloc(Math.min(readBytes, Math.max(0, this.#size - offset)));
    const length = chunk.length === 0 ? 0 : readSync(this.#file, chunk, 0, chunk.length, offset);
    const lines: OutputLine[] = [];
    let from = 0;
    while (lines.length < flushLines) {
      const end = chunk.subarray(0, length).indexOf(10, from);
      if (end < 0) break;
      lines.push(validate<OutputLine>(Line, JSON.parse(chunk.toString('utf8', from, end)), 'A line of a task'));
      from = end + 1;
    }
    return { lines, next: offset + from };
  }

  /** Writes what waits; nothing is taken after it. */
  end(): void {
    if (this.#closed) return;
    this.#tellDropped();
    this.#closed = true;
    this.#flush();
  }

  /** Lets the file go. */
  close(): void {
    this.end();
    closeSync(this.#file);
  }

  #line(text: string, stream: OutputLine['stream']): void {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) {
      this.#tellDropped();
      this.#second = second;
      this.#inSecond = 0;
    }
    this.#inSecond += 1;
    if (stream !== 'system' && (this.#inSecond > linesPerSecond || this.#size > largestLog)) {
      this.#dropped += 1;
      return;
    }
    this.#push(
      text.length > longestLine ? `${text.slice(0, longestLine)}… (cut, ${text.length} characters)` : text,
      stream,
    );
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#push(`${dropped} ${dropped === 1 ? 'line' : 'lines'} dropped: too much output`, 'system');
  }

  #push(text: string, stream: OutputLine['stream']): void {
    this.#pending.push(`${JSON.stringify({ seq: this.#seq, at: new Date().toISOString(), stream, text })}\n`);
    this.#seq += 1;
    if (this.#pending.length >= flushLines) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), flushMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.length === 0) return;
    const bytes = Buffer.from(this.#pending.join(''));
    this.#pending = [];
    for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
    this.#size += bytes.length;
    this.#written();
  }
}

/** Cuts a line that a crash left half written; gives the size. */
function mend(file: number): number {
  const { size } = fstatSync(file);
  let end = size;
  const byte = Buffer.alloc(1);
  while (end > 0 && (readSync(file, byte, 0, 1, end - 1) === 0 || byte[0] !== 10)) end -= 1;
  if (end < size) ftruncateSync(file, end);
  return end;
}

function nextSeq(file: number, size: number): number {
  if (size === 0) return 0;
  const tail = Buffer.alloc(Math.min(readBytes, size));
  readSync(file, tail, 0, tail.length, size - tail.length);
  const lines = tail.toString('utf8').trimEnd().split('\n');
  return validate<OutputLine>(Line, JSON.parse(lines.at(-1) ?? ''), 'A line of a task').seq + 1;
}

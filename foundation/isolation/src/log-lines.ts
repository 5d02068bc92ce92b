import type { Readable } from 'node:stream';
import type { Logger } from '@containr/sdk';

const perSecond = 50;
const burst = 200;
const longestLine = 2_000;
const largestFields = 8_000;
const restMs = 20;

/** Lines of an isolated plugin on their way to the log: so many a second, so long each; what is dropped is counted. */
export class LogLines {
  readonly #log: Logger;
  #allowance = burst;
  #filledAt = performance.now();
  #dropped = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Writes one line, unless there were too many. */
  write(level: 'debug' | 'info' | 'warn' | 'error', fields: Record<string, unknown>, message: string): void {
    const now = performance.now();
    this.#allowance = Math.min(burst, this.#allowance + ((now - this.#filledAt) / 1000) * perSecond);
    this.#filledAt = now;
    if (this.#allowance < 1) {
      this.#dropped += 1;
      return;
    }
    this.#allowance -= 1;
    if (this.#dropped > 0) {
      this.#log.warn({ dropped: this.#dropped }, 'Lines of the plugin were dropped: it writes too many');
      this.#dropped = 0;
    }
    const kept = JSON.stringify(fields).length > largestFields ? { fields: 'too large' } : fields;
    this.#log[level](kept, message.slice(0, longestLine));
  }

  /** Takes what a process writes to a stream, line by line; a flood is read slowly and mostly dropped. */
  follow(stream: Readable): void {
    let rest = '';
    stream.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = (lines.pop() ?? '').slice(0, longestLine);
      for (const line of lines.slice(0, perSecond)) if (line.trim() !== '') this.write('info', {}, line);
      this.#dropped += Math.max(0, lines.length - perSecond);
      stream.pause();
      setTimeout(() => stream.resume(), restMs);
    });
    stream.on('error', () => undefined);
  }
}

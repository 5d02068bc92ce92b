import type { Readable } from 'node:stream';
import type { Logger } from '@containr/sdk';

const perSecond = 50;
const burst = 200;
const longestLine = 2_000;
const largestFields = 8_000;
const restMs = 20;
/** Shorter ones are everywhere: redacting them would only garble the log, and show where they are. */
const shortestSecret = 4;
const mostSecrets = 500;

/** Lines of an isolated plugin on their way to the log: so many a second, so long each; what is dropped is counted. */
export class LogLines {
  readonly #log: Logger;
  #allowance = burst;
  #filledAt = performance.now();
  #dropped = 0;
  readonly #secrets = new Set<string>();

  readonly #flooded: () => void;

  /** `flooded` is told whenever lines are dropped. */
  constructor(log: Logger, flooded: () => void = () => undefined) {
    this.#log = log;
    this.#flooded = flooded;
  }

  /** Writes `[redacted]` in place of a text from here on. */
  conceal(secret: string): void {
    // What a process writes comes line by line, so a key of many lines is known by each.
    for (const line of new Set([secret, ...secret.split('\n')])) {
      if (line.trim().length < shortestSecret) continue;
      this.#secrets.delete(line);
      this.#secrets.add(line);
      const [oldest] = this.#secrets;
      if (this.#secrets.size > mostSecrets && oldest !== undefined) this.#secrets.delete(oldest);
    }
  }

  /** Writes one line, unless there were too many. */
  write(level: 'debug' | 'info' | 'warn' | 'error', fields: Record<string, unknown>, message: string): void {
    const now = performance.now();
    this.#allowance = Math.min(burst, this.#allowance + ((now - this.#filledAt) / 1000) * perSecond);
    this.#filledAt = now;
    if (this.#allowance < 1) {
      this.#drop(1);
      return;
    }
    this.#allowance -= 1;
    if (this.#dropped > 0) {
      this.#log.warn({ dropped: this.#dropped }, 'Lines of the plugin were dropped: it writes too many');
      this.#dropped = 0;
    }
    const kept = JSON.stringify(fields).length > largestFields ? { fields: 'too large' } : fields;
    const shown = this.#secrets.size === 0 ? kept : (this.#shown(kept) as Record<string, unknown>);
    this.#log[level](shown, this.#redacted(message).slice(0, longestLine));
  }

  #drop(lines: number): void {
    this.#dropped += lines;
    this.#flooded();
  }

  #shown(value: unknown): unknown {
    if (typeof value === 'string') return this.#redacted(value);
    if (Array.isArray(value)) return value.map((one) => this.#shown(one));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [this.#redacted(key), this.#shown(one)]));
  }

  #redacted(text: string): string {
    let shown = text;
    for (const secret of this.#secrets) shown = shown.replaceAll(secret, '[redacted]');
    return shown;
  }

  /** Takes what a process writes to a stream, line by line; a flood is read slowly and mostly dropped. */
  follow(stream: Readable): void {
    let rest = '';
    stream.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = (lines.pop() ?? '').slice(0, longestLine);
      for (const line of lines.slice(0, perSecond)) if (line.trim() !== '') this.write('info', {}, line);
      if (lines.length > perSecond) this.#drop(lines.length - perSecond);
      stream.pause();
      setTimeout(() => stream.resume(), restMs);
    });
    stream.on('error', () => undefined);
  }
}

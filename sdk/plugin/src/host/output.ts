import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Redactor } from './redactor.ts';

const longestLine = 64 * 1024;

/** Reads a stream of text: keeps its first `maxBytes`, hands each line over, redacted. `end()` gives what was kept. */
export function collect(
  stream: Readable | null,
  options: { maxBytes: number; redactor: Redactor; onLine(text: string): void },
): { end(): string } {
  const decoder = new StringDecoder('utf8');
  let kept = '';
  let room = options.maxBytes;
  let line = '';
  function keep(text: string): void {
    if (room <= 0) return;
    const size = Buffer.byteLength(text);
    kept += size <= room ? text : new StringDecoder('utf8').write(Buffer.from(text).subarray(0, room));
    room -= size;
  }
  function show(text: string): void {
    keep(text);
    const lines = (line + text).split('\n');
    line = lines.pop() ?? '';
    for (const each of lines) options.onLine(each.endsWith('\r') ? each.slice(0, -1) : each);
    while (line.length > longestLine) {
      options.onLine(line.slice(0, longestLine));
      line = line.slice(longestLine);
    }
  }
  stream?.on('data', (chunk: Buffer) => show(options.redactor.push(decoder.write(chunk))));
  return {
    end() {
      show(options.redactor.push(decoder.end()));
      show(options.redactor.end());
      if (line !== '') options.onLine(line);
      line = '';
      return kept;
    },
  };
}

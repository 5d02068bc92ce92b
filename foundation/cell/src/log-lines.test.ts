import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { LogLines } from './log-lines.ts';

function logged() {
  const lines: [fields: unknown, message: string][] = [];
  const last = Promise.withResolvers<void>();
  const write = (fields: Record<string, unknown>, message: string): void => {
    lines.push([fields, message]);
    if (message === 'the last') last.resolve();
  };
  return { lines, last: last.promise, log: { debug: write, info: write, warn: write, error: write } };
}

describe('lines of an isolated plugin', () => {
  it('show no secret that it was given, wherever it writes it', async () => {
    const { lines, last, log } = logged();
    const given = new LogLines(log);
    given.conceal('hunter2-hunter2');
    given.conceal('-----BEGIN-----\nkey-of-many-lines\n-----END-----');
    given.conceal('ab');
    given.write(
      'info',
      { 'hunter2-hunter2': 1, nested: [{ text: 'is hunter2-hunter2.' }, 7, null] },
      'a hunter2-hunter2',
    );
    const output = new PassThrough();
    given.follow(output);
    output.write('printed hunter2-hunter2\nkey-of-many-lines\nthe last\n');
    await last;
    expect(lines).to.deep.equal([
      [{ '[redacted]': 1, nested: [{ text: 'is [redacted].' }, 7, null] }, 'a [redacted]'],
      [{}, 'printed [redacted]'],
      [{}, '[redacted]'],
      [{}, 'the last'],
    ]);
    output.destroy();
  });
});

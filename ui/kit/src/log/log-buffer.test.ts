import { expect } from 'chai';
import type { LogRow } from './log-buffer.ts';
import { LogBuffer, readable } from './log-buffer.ts';

const row = (key: number): LogRow => ({
  key: String(key),
  at: '2026-01-01T00:00:00Z',
  source: 'build',
  text: `line ${key}`,
  kind: 'plain',
});

describe('log buffer', () => {
  it('keeps a row that is sent again once', () => {
    const buffer = new LogBuffer();
    expect(buffer.add([row(1), row(2)])).to.deep.equal({ added: 2, removed: 0 });
    expect(buffer.add([row(2), row(3)])).to.deep.equal({ added: 1, removed: 0 });
    expect(buffer.rows.map((item) => item.key)).to.deep.equal(['1', '2', '3']);
  });

  it('stays near its cap and counts what it let go', () => {
    const buffer = new LogBuffer(100);
    for (let key = 0; key < 1000; key += 1) buffer.add([row(key)]);
    expect(buffer.rows.length).to.be.within(100, 110);
    expect(buffer.dropped + buffer.rows.length).to.equal(1000);
    expect(buffer.rows.at(-1)?.key).to.equal('999');
  });
});

describe('readable log text', () => {
  it('drops terminal codes and keeps the last state of a redrawn line', () => {
    expect(readable('\u001b[32mdone\u001b[0m in \u001b[1m3 s\u001b[22m')).to.equal('done in 3 s');
    expect(readable('10 %\r50 %\r100 %\r')).to.equal('100 %');
    expect(readable('\u001b]0;title\u0007text')).to.equal('text');
  });
});

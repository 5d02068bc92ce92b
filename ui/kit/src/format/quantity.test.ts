import { expect } from 'chai';
import fc from 'fast-check';
import { formatQuantity, parseQuantity, quantityOf } from './quantity.ts';

describe('quantities', () => {
  it('are known by the end of a name', () => {
    expect(['drainMs', 'memoryBytes', 'ms', 'bytes', 'items', 'port'].map(quantityOf)).to.deep.equal([
      'duration',
      'size',
      null,
      null,
      null,
      null,
    ]);
  });

  it('are written in the largest units that fit', () => {
    expect([0, 1, 1500, 30_000, 5_400_000, 86_400_000].map((value) => formatQuantity(value, 'duration'))).to.deep.equal(
      ['0 s', '1 ms', '1 s 500 ms', '30 s', '1 h 30 min', '1 d'],
    );
    expect([0, 1023, 1024, 1536, 2 ** 30].map((value) => formatQuantity(value, 'size'))).to.deep.equal([
      '0 B',
      '1023 B',
      '1 KiB',
      '1536 B',
      '1 GiB',
    ]);
  });

  it('are read as people write them, and nothing else is', () => {
    for (const [text, value] of [
      ['90s', 90_000],
      ['1.5 min', 90_000],
      ['1h 30 minutes', 5_400_000],
      [' 2 Days ', 172_800_000],
      ['0', 0],
    ] as const)
      expect(parseQuantity(text, 'duration'), text).to.equal(value);
    for (const [text, value] of [
      ['512', 512],
      ['1.5 GiB', 1.5 * 2 ** 30],
      ['64 mb', 64 * 2 ** 20],
    ] as const)
      expect(parseQuantity(text, 'size'), text).to.equal(value);
    for (const text of ['', ' ', '30', '5 parsecs', '-1 s', 's', '1 s, 2 ms', '1 s x'])
      expect(parseQuantity(text, 'duration'), text).to.equal(null);
  });

  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 50 }), fc.constantFrom('duration', 'size'), (value, quantity) => {
        expect(parseQuantity(formatQuantity(value, quantity), quantity)).to.equal(value);
      }),
    );
  });
});

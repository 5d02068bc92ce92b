import { expect } from 'chai';
import fc from 'fast-check';
import { crashPolicy } from './crash-policy.ts';

const limits = { firstWaitMs: 200, longestWaitMs: 30_000, soundMs: 60_000, most: 5 };

describe('what follows a crash', () => {
  it('a control plane is started again after growing pauses, and given up after the last', () => {
    const crashed = crashPolicy(limits);
    expect([crashed(0), crashed(10), crashed(500), crashed(0)]).to.deep.equal(
      [200, 800, 3200, 12_800].map((waitMs) => ({ again: true, waitMs })),
    );
    expect(crashed(0)).to.deep.equal({ again: false, crashes: 5 });
  });

  it('one that served long enough is never given up, and no pause is longer than the longest', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 120_000 }), { maxLength: 40 }), (served) => {
        const crashed = crashPolicy(limits);
        let inARow = 0;
        for (const ms of served) {
          inARow = ms >= limits.soundMs ? 1 : inARow + 1;
          const verdict = crashed(ms);
          expect(verdict.again).to.equal(inARow < limits.most);
          if (verdict.again) expect(verdict.waitMs).to.be.within(limits.firstWaitMs, limits.longestWaitMs);
          else return;
        }
      }),
    );
  });
});

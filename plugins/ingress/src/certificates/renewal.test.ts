import { expect } from 'chai';
import fc from 'fast-check';
import { pauseAfterFailure, renewalTime } from './renewal.ts';

const day = 24 * 3600_000;

describe('renewal of certificates', () => {
  it('falls into the last third of a certificate of 90 days, with weeks to spare', () => {
    const facts = { issuer: 'x', notBefore: new Date(0), notAfter: new Date(90 * day) };
    expect(renewalTime(facts, 0)).to.deep.equal(new Date(60 * day));
    expect(renewalTime(facts, 1)).to.deep.equal(new Date(55.5 * day));
  });

  it('lies inside the life of any certificate', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60_000, max: 400 * day }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (life, spread) => {
          const at = renewalTime({ issuer: 'x', notBefore: new Date(0), notAfter: new Date(life) }, spread).getTime();
          expect(at)
            .to.be.greaterThan(life / 2)
            .and.lessThan(life);
        },
      ),
    );
  });

  it('is tried again at once only the first times', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 8, 100].map(pauseAfterFailure);
    expect(pauses).to.deep.equal([...pauses].sort((a, b) => a - b));
    expect(pauses[0]).to.equal(60_000);
    expect(pauses.at(-1)).to.equal(12 * 3600_000);
    // What an authority allows: five failures of a host an hour.
    expect(pauses.slice(0, 5).reduce((sum, pause) => sum + pause)).to.be.greaterThan(3600_000);
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { ContainrError } from '../errors.ts';
import { Meter } from './meter.ts';

describe('meter', () => {
  it('counts calls, those inside, and where a fault came from', async () => {
    const meter = new Meter();
    const { promise, resolve } = Promise.withResolvers<void>();
    const work = meter.wrap(async (fail: boolean) => {
      await promise;
      if (fail) throw new TypeError('out of ink');
      return 'done';
    });
    const both = [work(false), work(true).catch(String)];
    expect(meter).to.include({ calls: 2, inside: 2, faults: 0 });
    resolve();
    expect(await Promise.all(both)).to.deep.equal(['done', 'TypeError: out of ink']);
    expect(meter).to.include({ calls: 2, inside: 0, faults: 1 });
    expect(meter.fault).to.include({ code: 'TypeError', message: 'out of ink' });
    expect(meter.fault?.source).to.match(/^plugin\/src\/host\/meter\.test\.ts:\d+$/);
  });

  it('takes a refusal for an answer, and a failed dependency for a fault', async () => {
    const meter = new Meter();
    for (const status of [404, 422, 503]) {
      const error = new ContainrError({ code: `S_${status}`, status, detail: 'No.' });
      await meter
        .wrap(() => Promise.reject(error))()
        .catch(() => undefined);
    }
    expect(meter.faults).to.equal(1);
    expect(meter.fault?.code).to.equal('S_503');
  });

  it('takes a refusal for a fault where nobody asks', async () => {
    const meter = new Meter({ nobodyAsks: true });
    const error = new ContainrError({ code: 'GRANT_MISSING', status: 403, detail: 'No.' });
    await meter
      .wrap(() => Promise.reject(error))()
      .catch(() => undefined);
    expect(meter.faults).to.equal(1);
    expect(meter.fault).to.include({ code: 'GRANT_MISSING', message: 'No.' });
  });

  it('gives quantiles that are never below the truth, and at most a fifth above', () => {
    const times = fc.array(fc.double({ min: 0.01, max: 10_000, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(times, fc.constantFrom(0.5, 0.95, 1), (all, share) => {
        const meter = new Meter();
        const clock = performance;
        const now = clock.now.bind(clock);
        try {
          for (const ms of all) {
            clock.now = () => ms;
            meter.leave(0);
          }
        } finally {
          clock.now = now;
        }
        const truth = all.toSorted((a, b) => a - b)[Math.ceil(share * all.length) - 1] ?? 0;
        const told = meter.quantileMs(share) ?? 0;
        expect(told).to.be.within(truth * 0.9999, truth * 1.2);
      }),
    );
    expect(new Meter().quantileMs(0.5)).to.equal(null);
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import type { WeeklyWindow } from '../contract.ts';
import { frozenBy, openUntil, opensAfter } from './window.ts';

const weekly = (more: Partial<WeeklyWindow>) => ({
  weekly: { weekdays: [1, 2, 3, 4, 5], from: '09:00', until: '17:00', timeZone: 'UTC', ...more },
  once: null,
});
const at = (text: string) => new Date(text);
const iso = (date: Date | null | undefined) => date?.toISOString() ?? null;

describe('freeze windows', () => {
  it('are open from their first moment until just before their end', () => {
    const window = weekly({});
    expect(iso(openUntil(window, at('2026-11-23T08:59:59.999Z')))).to.equal(null);
    expect(iso(openUntil(window, at('2026-11-23T09:00:00.000Z')))).to.equal('2026-11-23T17:00:00.000Z');
    expect(iso(openUntil(window, at('2026-11-23T16:59:59.999Z')))).to.equal('2026-11-23T17:00:00.000Z');
    expect(iso(openUntil(window, at('2026-11-23T17:00:00.000Z')))).to.equal(null);
  });

  it('that end earlier in the day than they begin end on the next day', () => {
    const window = weekly({ weekdays: [5], from: '22:00', until: '06:00' });
    expect(iso(openUntil(window, at('2026-11-28T01:00:00Z')))).to.equal('2026-11-28T06:00:00.000Z');
    expect(iso(openUntil(window, at('2026-11-27T01:00:00Z')))).to.equal(null);
  });

  it('follow the clocks of their time zone over a change to summer time', () => {
    const window = weekly({ weekdays: [7], from: '01:00', until: '05:00', timeZone: 'Europe/Berlin' });
    expect(iso(openUntil(window, at('2026-03-29T00:30:00Z')))).to.equal('2026-03-29T03:00:00.000Z');
    expect(iso(openUntil(window, at('2026-10-24T23:30:00Z')))).to.equal('2026-10-25T04:00:00.000Z');
  });

  it('that follow each other at once freeze until the last one ends', () => {
    const weekend = [
      weekly({ weekdays: [5], from: '18:00', until: '00:00' }),
      weekly({ weekdays: [6, 7], from: '00:00', until: '00:00' }),
      weekly({ weekdays: [1], from: '00:00', until: '08:00' }),
    ];
    expect(iso(frozenBy(weekend, at('2026-11-27T19:00:00Z'))?.until)).to.equal('2026-11-30T08:00:00.000Z');
    expect(frozenBy(weekend, at('2026-11-30T08:00:00Z'))).to.equal(null);
  });

  it('that never end are followed for a year and no longer', () => {
    const always = [weekly({ weekdays: [1, 2, 3, 4, 5, 6, 7], from: '00:00', until: '00:00' })];
    const until = frozenBy(always, at('2026-01-01T12:00:00Z'))?.until;
    expect(until?.getUTCFullYear()).to.equal(2027);
  });

  it('that are there once open once', () => {
    const window = { weekly: null, once: { from: '2026-12-20T00:00:00Z', until: '2027-01-03T00:00:00Z' } };
    expect(iso(opensAfter(window, at('2026-12-01T00:00:00Z')))).to.equal('2026-12-20T00:00:00.000Z');
    expect(iso(openUntil(window, at('2026-12-24T00:00:00Z')))).to.equal('2027-01-03T00:00:00.000Z');
    expect(opensAfter(window, at('2027-01-03T00:00:00Z'))).to.equal(null);
  });

  it('are open at each moment between their begin and their end, in every zone', () => {
    const time = fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
    const days = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
    const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland');
    const moment = fc.date({ min: at('2026-01-01T00:00:00Z'), max: at('2027-12-31T00:00:00Z'), noInvalidDate: true });
    fc.assert(
      fc.property(days, time, time, zone, moment, fc.double({ min: 0, max: 0.999, noNaN: true }), (...drawn) => {
        const [weekdays, from, until, timeZone, start, share] = drawn;
        const window = weekly({ weekdays, from, until, timeZone });
        const opens = opensAfter(window, start);
        const ends = opens && openUntil(window, opens);
        if (!opens || !ends) throw new Error('it opens, and ends');
        expect(ends.getTime() - opens.getTime())
          .to.be.greaterThan(0)
          .and.at.most(25 * 3_600_000);
        const inside = new Date(opens.getTime() + Math.floor((ends.getTime() - opens.getTime()) * share));
        expect(openUntil(window, inside)).not.to.equal(null);
      }),
      { numRuns: 200 },
    );
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { phaseNames, statusNames } from './contract.ts';
import type { Happening, Standing } from './machine.ts';
import { happen, isTerminal, mayFollow } from './machine.ts';

const happenings: readonly Happening[] = [
  'laneFree',
  'held',
  'phaseDone',
  'switched',
  'retireDone',
  'newerSwitched',
  'newerRetired',
  'phaseFailed',
  'crashed',
  'cancelled',
  'newerRequested',
  'serviceDeleted',
];

describe('the deployment machine', () => {
  it('only makes transitions of the table, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...happenings), { maxLength: 60 }), (history) => {
        let at: Standing = { status: 'queued', phase: null };
        for (const what of history) {
          const next = happen(at, what);
          if (!next) continue;
          expect(
            next.status === at.status || mayFollow(at.status, next.status),
            `${at.status} > ${next.status} by ${what}`,
          ).to.equal(true);
          at = next;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('lets nothing happen to what has ended', () => {
    for (const status of statusNames.filter(isTerminal)) {
      for (const what of happenings)
        for (const phase of [null, ...phaseNames])
          expect(happen({ status, phase }, what), `${what} on ${status}`).to.equal(null);
    }
  });

  it('has a phase exactly while it is on its way, and walks the phases in order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...happenings), { maxLength: 60 }), (history) => {
        let at: Standing = { status: 'queued', phase: null };
        for (const what of history) {
          const next = happen(at, what);
          if (!next) continue;
          if (next.status === 'running' || next.status === 'watching') expect(next.phase).not.to.equal(null);
          if (next.phase !== null && at.phase !== null)
            expect(phaseNames.indexOf(next.phase) - phaseNames.indexOf(at.phase)).to.be.within(0, 1);
          at = next;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('becomes live by the whole road', () => {
    let at: Standing = { status: 'queued', phase: null };
    const road: Happening[] = [
      'laneFree',
      'phaseDone',
      'phaseDone',
      'phaseDone',
      'phaseDone',
      'phaseDone',
      'phaseDone',
      'phaseDone',
      'phaseDone',
      'switched',
      'phaseDone',
      'retireDone',
    ];
    for (const what of road) {
      const next = happen(at, what);
      expect(next, `${what} at ${at.status} ${at.phase ?? ''}`).not.to.equal(null);
      if (next) at = next;
    }
    expect(at).to.deep.equal({ status: 'live', phase: null });
  });
});

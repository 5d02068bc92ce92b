import { expect } from 'chai';
import fc from 'fast-check';
import { nextTime } from './next-time.ts';

/** The next times of a cron line, as UTC. */
function times(schedule: string, timeZone: string, from: string, count: number): string[] {
  const found: string[] = [];
  let at: Date | null = new Date(from);
  while (found.length < count) {
    at = nextTime(schedule, timeZone, at ?? new Date(0));
    if (!at) break;
    found.push(at.toISOString());
  }
  return found;
}

describe('the times of a schedule', () => {
  it('follow the wall clock of their time zone over both changes of it', () => {
    expect(times('30 9 * * *', 'Europe/Berlin', '2026-03-28T00:00:00Z', 3)).to.deep.equal([
      '2026-03-28T08:30:00.000Z',
      '2026-03-29T07:30:00.000Z',
      '2026-03-30T07:30:00.000Z',
    ]);
    expect(times('30 9 * * *', 'Europe/Berlin', '2026-10-24T00:00:00Z', 3)).to.deep.equal([
      '2026-10-24T07:30:00.000Z',
      '2026-10-25T08:30:00.000Z',
      '2026-10-26T08:30:00.000Z',
    ]);
  });

  it('come once on each day, also where the clocks leave the time out or show it twice', () => {
    const spring = times('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2);
    expect(spring.map((at) => at.slice(0, 10))).to.deep.equal(['2026-03-29', '2026-03-30']);
    const autumn = times('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2);
    expect(autumn.map((at) => at.slice(0, 10))).to.deep.equal(['2026-10-25', '2026-10-26']);
  });

  it('always lie after the moment that is asked for', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'];
    const lines = ['*/5 * * * *', '30 2 * * *', '0 0 1 * *', '15 3 * * 0', '*/10 * * * * *'];
    fc.assert(
      fc.property(
        fc.constantFrom(...lines),
        fc.constantFrom(...zones),
        fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true }),
        (line, zone, from) => {
          const next = nextTime(line, zone, from);
          expect(next?.getTime() ?? 0).to.be.greaterThan(from.getTime());
        },
      ),
    );
  });
});

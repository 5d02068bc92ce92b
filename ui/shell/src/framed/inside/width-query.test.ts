import { expect } from 'chai';
import { holdsAt } from './width-query.ts';

describe('a media query at the width of the dashboard', () => {
  const cases: readonly (readonly [query: string, holds: readonly number[], not: readonly number[]])[] = [
    ['(max-width: 639px)', [0, 639], [640]],
    ['(min-width: 640px) and (max-width: 1023px)', [640, 1023], [639, 1024]],
    ['screen and (min-width: 640.5px)', [641], [640]],
    ['(width <= 639px)', [639], [640]],
    ['(width<=639px)', [639], [640]],
    ['(width > 639px)', [640], [639]],
    ['(640px <= width <= 1023px)', [640, 1023], [639, 1024]],
    ['(width >= 640px) and (width <= 1023px)', [640, 1023], [639, 1024]],
    ['(1023px > width)', [1022], [1023]],
  ];
  for (const [query, holds, not] of cases)
    it(query, () => {
      for (const width of holds) expect(holdsAt(query, width), String(width)).to.equal(true);
      for (const width of not) expect(holdsAt(query, width), String(width)).to.equal(false);
    });

  it('is left alone when it is about something else, or about more', () => {
    for (const query of [
      '(prefers-reduced-motion: reduce)',
      'print',
      '(max-width: 639px) and (hover: none)',
      '(max-width: 639px), print',
      'not (max-width: 639px)',
      '(max-width: 40em)',
      '(max-height: 300px)',
    ])
      expect(holdsAt(query, 100), query).to.equal(null);
  });
});

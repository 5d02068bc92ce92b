import { expect } from 'chai';
import fc from 'fast-check';
import type { Mover } from './plan-moves.ts';
import { planMoves } from './plan-moves.ts';

const now = new Date('2026-01-01T00:10:00Z');
const ago = (ms: number): Date => new Date(now.getTime() - ms);
const draining = new Set(['old']);

function mover(id: string, more: Partial<Mover> = {}): Mover {
  return {
    id,
    node: 'old',
    role: 'serving',
    desired: 'running',
    state: 'running',
    replaces: null,
    endedAt: null,
    observedAt: ago(60_000),
    createdAt: ago(120_000),
    ...more,
  };
}

describe('moving off a node', () => {
  it('begins a successor for what serves there, and for nothing else', () => {
    const members = [
      mover('a'),
      mover('b', { node: 'other' }),
      mover('c', { role: 'candidate' }),
      mover('d', { role: 'leaving' }),
      mover('e', { desired: 'stopped' }),
      mover('f', { state: 'exited' }),
    ];
    expect(planMoves(members, draining, now).begin.map(({ id }) => id)).to.deep.equal(['a']);
  });

  it('waits while a successor is on its way', () => {
    const members = [mover('a'), mover('n', { node: 'new', role: 'candidate', state: 'starting', replaces: 'a' })];
    expect(planMoves(members, draining, now)).to.deep.equal({ begin: [], laterAt: null, drop: [] });
  });

  it('tries again after a pause that grows with each failure', () => {
    const failed = (id: string) =>
      mover(id, { node: 'new', role: 'candidate', desired: 'stopped', state: 'gone', replaces: 'a', endedAt: now });
    const pauseAfter = (count: number): number => {
      const members = [mover('a'), ...Array.from({ length: count }, (_, index) => failed(`n${index}`))];
      const { laterAt, begin } = planMoves(members, draining, now);
      expect(begin).to.have.length(0);
      return (laterAt?.getTime() ?? 0) - now.getTime();
    };
    expect([1, 2, 3, 20].map(pauseAfter)).to.deep.equal([1000, 2000, 4000, 60_000]);
  });

  it('drops successors whose node is back in use', () => {
    const members = [mover('a'), mover('n', { node: 'new', role: 'candidate', state: 'pending', replaces: 'a' })];
    expect(planMoves(members, new Set(), now).drop.map(({ id }) => id)).to.deep.equal(['n']);
  });

  it('has at most one successor on its way for each', () => {
    const any = fc.record({
      node: fc.constantFrom('old', 'new'),
      role: fc.constantFrom('candidate' as const, 'serving' as const, 'leaving' as const),
      desired: fc.constantFrom('running' as const, 'stopped' as const),
      state: fc.constantFrom('pending' as const, 'running' as const, 'exited' as const, 'gone' as const),
      replaces: fc.option(fc.integer({ min: 0, max: 9 }), { nil: null }),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 10 }), (facts) => {
        const members = facts.map((one, index) =>
          mover(`r${index}`, { ...one, replaces: one.replaces === null ? null : `r${one.replaces}` }),
        );
        const { begin } = planMoves(members, draining, now);
        for (const { id } of begin) {
          const alive = members.filter(
            (one) => one.replaces === id && one.desired === 'running' && one.state !== 'exited' && one.state !== 'gone',
          );
          expect(alive).to.deep.equal([]);
        }
      }),
    );
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import type { Holder, Limits, Waiter } from './decide.ts';
import { decide } from './decide.ts';

const organisation = fc.constantFrom('red', 'green', 'blue');
const node = fc.constantFrom('node-1', 'node-2');
const kind = fc.constantFrom('build' as const, 'rollout' as const);

const facts = fc
  .record({
    parts: fc.array(fc.tuple(kind, organisation, node, fc.nat(50), fc.boolean()), { maxLength: 30 }),
    held: fc.nat(12),
    limits: fc.record({
      buildsPerNode: fc.integer({ min: 1, max: 4 }),
      buildsPerOrganisation: fc.integer({ min: 1, max: 5 }),
      rolloutsPerOrganisation: fc.integer({ min: 1, max: 5 }),
      buildsOf: fc.constantFrom(new Map(), new Map([['red', 1]])),
    }),
  })
  .map(({ parts, held, limits }) => {
    const all = parts.map(([of, by, where, since, urgent], index): Waiter => ({
      deployment: `d${String(index).padStart(2, '0')}`,
      service: `s${index}`,
      organisation: by,
      kind: of,
      node: of === 'build' ? where : null,
      since,
      urgent,
    }));
    return { holders: all.slice(0, held), waiters: all.slice(held), limits };
  });

interface Facts {
  readonly holders: readonly Holder[];
  readonly waiters: readonly Waiter[];
  readonly limits: Limits;
}

function granted({ holders, waiters, limits }: Facts): Waiter[] {
  const verdicts = decide(holders, waiters, limits);
  return waiters.filter((one) => verdicts.get(one.deployment)?.granted);
}

function roomFor(one: Waiter, taken: readonly Holder[], limits: Limits): boolean {
  const own = taken.filter((other) => other.kind === one.kind && other.organisation === one.organisation).length;
  if (one.kind === 'rollout') return own < limits.rolloutsPerOrganisation;
  const there = taken.filter((other) => other.kind === 'build' && other.node === one.node).length;
  return own < (limits.buildsOf.get(one.organisation) ?? limits.buildsPerOrganisation) && there < limits.buildsPerNode;
}

describe('the queue of slots', () => {
  it('keeps every limit, leaves nothing waiting that fits, and takes nothing from who holds', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const on = granted(given);
        const taken: Holder[] = [...given.holders];
        for (const one of on) {
          expect(roomFor(one, taken, given.limits), `${one.deployment} goes over a limit`).to.equal(true);
          taken.push(one);
        }
        for (const one of given.waiters.filter((other) => !on.includes(other)))
          expect(roomFor(one, taken, given.limits), `${one.deployment} waits for nothing`).to.equal(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('decides the same whatever the order of the facts, and again when nothing changed', () => {
    fc.assert(
      fc.property(facts, fc.infiniteStream(fc.nat()), (given, chance) => {
        const shuffled = given.waiters.toSorted(() => ((chance.next().value ?? 0) % 2 === 0 ? 1 : -1));
        const names = (some: readonly Waiter[]): string[] => some.map((one) => one.deployment).sort();
        const on = granted(given);
        expect(names(granted({ ...given, waiters: shuffled }))).to.deep.equal(names(on));
        const rest = given.waiters.filter((one) => !on.includes(one));
        expect(granted({ ...given, holders: [...given.holders, ...on], waiters: rest })).to.deep.equal([]);
      }),
      { numRuns: 500 },
    );
  });

  it('counts positions from 1 without a gap, and names who has what is waited for', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const verdicts = decide(given.holders, given.waiters, given.limits);
        const lines = Map.groupBy(
          given.waiters.filter((one) => verdicts.get(one.deployment)?.granted === false),
          (one) => (one.kind === 'build' ? `node ${one.node}` : `of ${one.organisation}`),
        );
        for (const line of lines.values()) {
          const positions = line.map((one) => {
            const verdict = verdicts.get(one.deployment);
            if (!verdict || verdict.granted) throw new Error('It waits.');
            expect(verdict.takenBy.length, 'nobody has it').to.be.greaterThan(0);
            expect(verdict.of).to.equal(line.length);
            return verdict.position;
          });
          expect(positions.sort((a, b) => a - b)).to.deep.equal(line.map((_, index) => index + 1));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('lets the organisation that holds the least go first, and inside of one rollbacks, then who waits longest', () => {
    const one = (deployment: string, of: string, since: number, urgent = false): Waiter => ({
      deployment,
      service: deployment,
      organisation: of,
      kind: 'build',
      node: 'node-1',
      since,
      urgent,
    });
    const limits = { buildsPerNode: 3, buildsPerOrganisation: 9, rolloutsPerOrganisation: 9, buildsOf: new Map() };
    const holders = [one('a', 'red', 0), one('b', 'red', 0)];
    const waiters = [one('c', 'red', 1), one('d', 'red', 2, true), one('e', 'green', 3), one('f', 'green', 4)];
    const verdicts = decide(holders, waiters, limits);
    expect(verdicts.get('e')).to.deep.equal({ granted: true });
    const order = [...verdicts]
      .flatMap(([name, verdict]) => (verdict.granted ? [] : [{ name, position: verdict.position }]))
      .sort((a, b) => a.position - b.position)
      .map(({ name }) => name);
    expect(order, 'green has one, red has two').to.deep.equal(['f', 'd', 'c']);
  });

  it('lets everybody go on in the end, however many of another organisation come', () => {
    fc.assert(
      fc.property(facts, (given) => {
        let holders = [...given.holders];
        let waiters = [...given.waiters];
        for (let turn = 0; waiters.length > 0; turn += 1) {
          expect(turn, 'somebody waits for ever').to.be.lessThan(100);
          const on = granted({ ...given, holders, waiters });
          waiters = waiters.filter((other) => !on.includes(other));
          // The one that works longest ends; a greedy organisation asks for more.
          holders = [...holders, ...on].slice(1);
          if (turn < 20)
            waiters.push({
              deployment: `x${String(turn).padStart(2, '0')}`,
              service: 'x',
              organisation: 'greedy',
              kind: 'build',
              node: 'node-1',
              since: 100 + turn,
              urgent: true,
            });
        }
      }),
      { numRuns: 300 },
    );
  });
});

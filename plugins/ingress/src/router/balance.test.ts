import { randomUUID } from 'node:crypto';
import type { Balance, Upstream } from '@containr/sdk/contracts';
import { balances } from '@containr/sdk/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Choosing } from './balance.ts';
import { preference } from './balance.ts';
import type { CompiledRoute } from './table.ts';
import { compileTable, findRoute } from './table.ts';

function routeTo(upstreams: readonly Upstream[], balance: Balance): CompiledRoute {
  const route = {
    host: 'a.localhost',
    path: '/',
    service: randomUUID(),
    deployment: null,
    upstreams: [...upstreams],
    balance,
  };
  const found = findRoute(compileTable({ revision: 1, routes: [route] }), 'a.localhost', '/');
  if (!found) throw new Error('no route');
  return found;
}

function replicas(count: number): Upstream[] {
  return Array.from({ length: count }, (_, at) => ({
    replica: `00000000-0000-7000-8000-${String(at).padStart(12, '0')}`,
    node: 'n',
    address: '127.0.0.1',
    port: 1000 + at,
  }));
}

const idle: Choosing = { client: '10.0.0.1', inFlight: () => 0, random: Math.random };

/** How often each replica comes first. */
function firsts(route: CompiledRoute, times: number, choosing: (at: number) => Choosing): Map<string, number> {
  const counts = new Map<string, number>();
  for (let at = 0; at < times; at++) {
    const [first] = preference(route, choosing(at));
    counts.set(first?.replica ?? '', (counts.get(first?.replica ?? '') ?? 0) + 1);
  }
  return counts;
}

describe('router: load balancing', () => {
  it('asks every replica at last, and each once, in whatever way', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...balances),
        fc.integer({ min: 0, max: 12 }),
        fc.ipV4(),
        (balance, count, client) => {
          const all = replicas(count);
          const order = preference(routeTo(all, balance), { ...idle, client });
          expect(order).to.have.members(all);
        },
      ),
    );
  });

  it('in turn: each as often as the others', () => {
    const counts = firsts(routeTo(replicas(4), 'round-robin'), 400, () => idle);
    expect([...counts.values()]).to.deep.equal([100, 100, 100, 100]);
  });

  it('by connections: the one with fewest, in turn where several have as few', () => {
    const all = replicas(3);
    const busy = { ...idle, inFlight: (replica: string) => (replica === all[1]?.replica ? 5 : 1) };
    const counts = firsts(routeTo(all, 'least-connections'), 300, () => busy);
    expect(counts.has(all[1]?.replica ?? '')).to.equal(false);
    expect(Math.abs((counts.get(all[0]?.replica ?? '') ?? 0) - (counts.get(all[2]?.replica ?? '') ?? 0))).to.be.below(
      120,
    );
  });

  it('by address: a visitor keeps its replica, and only those of one that left move', () => {
    const all = replicas(5);
    const [gone, ...left] = all;
    let moved = 0;
    for (let at = 0; at < 2000; at++) {
      const visitor = { ...idle, client: `10.0.${at >> 8}.${at & 255}` };
      const [before] = preference(routeTo(all, 'ip-hash'), visitor);
      const [again] = preference(routeTo([...all].reverse(), 'ip-hash'), visitor);
      const [after] = preference(routeTo(left, 'ip-hash'), visitor);
      expect(again?.replica).to.equal(before?.replica);
      if (before === gone) moved++;
      else expect(after?.replica).to.equal(before?.replica);
    }
    expect(moved).to.be.within(250, 550);
  });

  it('at random: spread, and away from the busy', () => {
    const all = replicas(4);
    const spread = firsts(routeTo(all, 'random'), 2000, () => idle);
    for (const upstream of all) expect(spread.get(upstream.replica)).to.be.within(350, 650);
    const busy = { ...idle, inFlight: (replica: string) => (replica === all[0]?.replica ? 9 : 0) };
    expect(firsts(routeTo(all, 'random'), 500, () => busy).has(all[0]?.replica ?? '')).to.equal(false);
  });
});

import type { Balance } from '@containr/sdk/contracts';
import { balances } from '@containr/sdk/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Group } from './layout.ts';
import { Pool } from './pool.ts';

const sizes = { 'round-robin': 3, 'least-connections': 2, 'ip-hash': 2, random: 2 };
const group = fc.record({ name: fc.integer({ min: 0, max: 9 }), balance: fc.constantFrom<Balance>(...balances) });

function groupsOf(wanted: readonly { name: number; balance: Balance }[]): Group[] {
  const byKey = new Map(wanted.map(({ name, balance }) => [`${name} ${balance}`, balance]));
  return [...byKey].map(([key, balance]) => ({ key, balance, upstreams: [] }));
}

describe('HAProxy: backends in store', () => {
  it('gives each group one of its own that nobody still uses, and leaves it there as long as it is wanted', () => {
    fc.assert(
      fc.property(fc.array(fc.array(group, { maxLength: 12 }), { maxLength: 8 }), (tables) => {
        const pool = new Pool(sizes);
        // What was given up in the last step still has requests.
        let busy = new Set<string>();
        for (const table of tables) {
          const groups = groupsOf(table);
          const before = new Map(pool.held);
          if (!pool.assign(groups, busy)) {
            pool.grow(groups, busy);
            expect(pool.assign(groups, busy)).to.equal(true);
          }
          const given = groups.map(({ key }) => pool.held.get(key) ?? '');
          expect(new Set(given).size).to.equal(groups.length);
          for (const { key, balance } of groups) {
            const backend = pool.held.get(key) ?? '';
            if (before.has(key)) expect(backend).to.equal(before.get(key));
            else expect(busy.has(backend)).to.equal(false);
            expect(Number(backend.split('-')[1])).to.be.below(pool.sizes[balance]);
          }
          busy = new Set([...before].filter(([key]) => !pool.held.has(key)).map(([, backend]) => backend));
        }
      }),
    );
  });
});

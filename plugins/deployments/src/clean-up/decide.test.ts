import { expect } from 'chai';
import fc from 'fast-check';
import { statusNames } from '../contract.ts';
import type { Kept, Policy, User } from './decide.ts';
import { decideCleanUp } from './decide.ts';

const dayMs = 86_400_000;
const now = 1_000 * dayMs;

const user = fc.record({
  service: fc.constantFrom('api', 'worker'),
  status: fc.constantFrom(...statusNames),
  wasLive: fc.boolean(),
  pinned: fc.boolean(),
  serviceGone: fc.boolean(),
  usedAt: fc.integer({ min: 0, max: 60 }).map((days) => now - days * dayMs),
});

const world = fc
  .array(
    fc.record({
      place: fc.constantFrom('node-1', 'node-2', null),
      sizeBytes: fc.nat(100),
      usedAt: fc.integer({ min: 0, max: 60 }).map((days) => now - days * dayMs),
      users: fc.array(user, { maxLength: 3 }),
    }),
    { maxLength: 25 },
  )
  .map((all) => {
    let number = 0;
    return all.map((one, index): Kept => ({
      ...one,
      key: `k${index}`,
      users: one.users.map((given): User => {
        number += 1;
        return { ...given, deployment: `d${number}`, number };
      }),
    }));
  });

const policy: fc.Arbitrary<Policy> = fc.record({
  keepVersions: fc.integer({ min: 1, max: 4 }),
  forMs: fc.integer({ min: 0, max: 60 }).map((days) => days * dayMs),
  perService: fc.integer({ min: 1, max: 8 }),
  budgetBytes: fc.option(fc.nat(800)),
});

/** What must stay, told another way than the decision tells it. */
function mustStay(all: readonly Kept[], { keepVersions }: Policy): Set<string> {
  const stays = new Set<string>();
  for (const { key, users } of all) {
    if (users.some(({ status }) => ['queued', 'running', 'watching', 'live'].includes(status))) stays.add(key);
    if (users.some((one) => one.pinned && !one.serviceGone)) stays.add(key);
  }
  for (const service of ['api', 'worker']) {
    const good = all
      .flatMap(({ key, users }) => users.map((one) => ({ key, ...one })))
      .filter((one) => one.service === service && one.wasLive && !one.serviceGone)
      .filter((one) => one.status !== 'failed' && one.status !== 'cancelled')
      .sort((a, b) => b.number - a.number);
    for (const key of [...new Set(good.map((one) => one.key))].slice(0, keepVersions)) stays.add(key);
  }
  return stays;
}

describe('what is cleaned up', () => {
  it('is never what serves, is under way, is pinned or is needed for a rollback, and nothing is forgotten', () => {
    fc.assert(
      fc.property(world, policy, (all, rules) => {
        const { remove, keep } = decideCleanUp(all, rules, now);
        const gone = new Set(remove.map(({ key }) => key));
        expect(gone.size, 'removed twice').to.equal(remove.length);
        for (const key of mustStay(all, rules)) expect(gone.has(key), `${key} goes`).to.equal(false);
        for (const { key } of all) expect(gone.has(key) !== keep.has(key), `${key} is on one side`).to.equal(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps the budget of every place, as far as what is needed lets it, and says how far it does not', () => {
    fc.assert(
      fc.property(world, policy, (all, rules) => {
        const { remove, over } = decideCleanUp(all, rules, now);
        const gone = new Set(remove.map(({ key }) => key));
        const needed = mustStay(all, rules);
        for (const [place, here] of Map.groupBy(all, (one) => one.place ?? '')) {
          const left = here.filter((one) => !gone.has(one.key));
          const bytes = left.reduce((sum, one) => sum + one.sizeBytes, 0);
          if (rules.budgetBytes === null || bytes <= rules.budgetBytes) expect(over.has(place)).to.equal(false);
          else {
            expect(over.get(place)).to.equal(bytes - rules.budgetBytes);
            for (const one of left.filter((other) => other.sizeBytes > 0)) expect(needed.has(one.key)).to.equal(true);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('has nothing more to do when it was done, and removes nothing more when more may be kept', () => {
    fc.assert(
      fc.property(world, policy, (all, rules) => {
        const gone = new Set(decideCleanUp(all, rules, now).remove.map(({ key }) => key));
        const rest = all.filter((one) => !gone.has(one.key));
        expect(decideCleanUp(rest, rules, now).remove).to.deep.equal([]);
        const generous = { ...rules, forMs: Infinity, perService: Infinity, budgetBytes: null };
        for (const { key, reason } of decideCleanUp(all, generous, now).remove) {
          expect(reason).to.equal('service deleted');
          expect(gone.has(key)).to.equal(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import type { Member, Wanted } from './reconcile.ts';
import { planRepair, reconcile } from './reconcile.ts';

const now = new Date('2026-01-01T00:10:00Z');
const ago = (ms: number): Date => new Date(now.getTime() - ms);

describe('reconciling a node', () => {
  const row = (id: string, more: Partial<Wanted> = {}): Wanted => ({
    id,
    desired: 'running',
    state: 'running',
    observedAt: ago(60_000),
    ...more,
  });

  it('stops what was told to stop, and leaves what is wanted', () => {
    expect(reconcile(['a', 'b'], [row('a'), row('b', { desired: 'stopped' })], now)).to.deep.equal({
      stop: ['b'],
      gone: [],
      spared: [],
    });
  });

  it('takes for gone what the node does not have, but not what was seen a moment ago', () => {
    expect(
      reconcile(
        [],
        [row('a'), row('b', { observedAt: ago(1000) }), row('c', { state: 'pending' }), row('d', { observedAt: null })],
        now,
      ).gone,
    ).to.deep.equal(['a']);
  });

  it('never stops more than half of what it does not know', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 20 }),
        fc.integer({ min: 0, max: 20 }),
        (present, known) => {
          const { stop, spared } = reconcile(
            present,
            present.slice(0, known).map((id) => row(id)),
            now,
          );
          expect(stop.length).to.be.at.most(Math.max(1, present.length / 2));
          expect(stop.length + spared.length).to.equal(Math.max(0, present.length - known));
        },
      ),
    );
  });
});

describe('the repair of a live deployment', () => {
  const member = (more: Partial<Member> = {}): Member => ({
    id: 'r',
    role: 'serving',
    desired: 'running',
    state: 'running',
    exitCode: null,
    restarts: 0,
    startedAt: ago(600_000),
    endedAt: null,
    observedAt: now,
    tries: 0,
    createdAt: ago(600_000),
    ...more,
  });
  const ended = (more: Partial<Member> = {}): Member =>
    member({ state: 'exited', exitCode: 1, endedAt: ago(10), ...more });

  const spec = (replicas: number, restart: 'always' | 'on-failure' | 'never', restartTries: number | null = null) => ({
    replicas,
    restart,
    restartTries,
  });

  it('does nothing while all run', () => {
    expect(planRepair([member(), member()], spec(2, 'always'), now)).to.deep.equal({ kind: 'nothing' });
  });

  it('replaces at once what ran steadily before', () => {
    expect(planRepair([member(), ended()], spec(2, 'always'), now)).to.deep.equal({
      kind: 'replace',
      count: 1,
      tries: 1,
    });
  });

  it('waits longer each time when it ends again and again, at most a minute', () => {
    const pause = (tries: number): number => {
      const plan = planRepair([ended({ startedAt: ago(1000), endedAt: now, tries })], spec(1, 'always'), now);
      return plan.kind === 'later' ? plan.at.getTime() - now.getTime() : 0;
    };
    expect([0, 1, 2, 3, 7, 30].map(pause)).to.deep.equal([0, 1000, 2000, 4000, 60_000, 60_000]);
  });

  it('follows the restart policy', () => {
    expect(planRepair([ended()], spec(1, 'never'), now).kind).to.equal('nothing');
    expect(planRepair([ended({ exitCode: 0 })], spec(1, 'on-failure'), now).kind).to.equal('nothing');
    expect(planRepair([ended()], spec(1, 'on-failure'), now).kind).to.equal('replace');
  });

  it('leaves what used up its tries, and not what vanished', () => {
    const limited = spec(1, 'on-failure', 3);
    expect(planRepair([ended({ restarts: 3 })], limited, now).kind).to.equal('nothing');
    expect(planRepair([ended({ restarts: 2 })], limited, now).kind).to.equal('replace');
    expect(planRepair([ended({ restarts: 3, state: 'gone' })], limited, now).kind).to.equal('replace');
  });

  it('does not begin a second replacement while one starts', () => {
    expect(
      planRepair([ended(), member({ role: 'candidate', state: 'pending' })], spec(1, 'always'), now).kind,
    ).to.equal('nothing');
  });
});

import { existsSync } from 'node:fs';
import type { TaskOutcome } from '@containr/sdk';
import { expect } from 'chai';
import { until } from '../../test/agent-process.ts';
import { caught } from '../../test/by-hand.ts';
import { Count } from '../../test/half.ts';
import type { HalfArena } from '../../test/half-arena.ts';
import { anything, openHalfArena } from '../../test/half-arena.ts';
import { attempts, faults, floods, refusedSetups, tools } from '../../test/half-attempts.ts';

describe('a hostile agent half', function () {
  this.timeout(60_000);
  let arena: HalfArena;
  let prelude = '';
  before(async () => {
    arena = await openHalfArena();
    prelude = tools(arena.agent.child.pid ?? 0, new URL(arena.control.origin).port);
  });
  after(() => arena.stop());
  afterEach(async () => {
    expect(await arena.neighbourAnswers(), 'the half of another plugin').to.equal(true);
  });

  describe('can’t do what was not granted: it', () => {
    before(async () => {
      const tries = attempts.map(
        ([, expression], n) => `serve('try-${n}', async () => {
          try { return { done: String(await (${expression})).slice(0, 100) }; } catch (error) { return { refused: (error.code ?? error.name) + ' ' + error.message }; }
        });`,
      );
      const { state, cause } = await arena.enter(`${prelude}\n${tries.join('\n')}`);
      expect(state, JSON.stringify(cause)).to.equal('running');
    });
    after(() => {
      expect(existsSync('/tmp/hostile-half-was-here')).to.equal(false);
    });
    for (const [n, [name, , code]] of attempts.entries()) {
      it(name, async () => {
        const answer = (await arena.ask(`try-${n}`)) as { refused?: string };
        expect(answer.refused, JSON.stringify(answer)).to.match(code);
      });
    }
  });

  describe('is refused with a cause when its set-up', () => {
    for (const [name, body, code] of refusedSetups) {
      it(name, async () => {
        const { state, cause } = await arena.enter(
          `${prelude.replace("serve('well', async () => 'well');", '')}\n${body}`,
        );
        expect([state, cause?.code].join(' ')).to.match(/^failed/);
        expect(cause?.code).to.match(code);
      });
    }
  });

  describe('is back or off, and its node says why, when it', () => {
    for (const [name, body, code] of faults) {
      it(name, async () => {
        const { state } = await arena.enter(`${prelude}\n${body}`);
        expect(state).to.equal('running');
        const asked = arena.ask('go').catch(() => null);
        const { cause, state: then } = await until(
          'it is contained',
          async () => {
            const one = await arena.status();
            return one?.cause && one.cause.containedMs !== null ? one : null;
          },
          30_000,
        );
        await asked;
        expect(`${cause?.code} ${cause?.detail}`).to.match(code);
        if (then === 'failed') expect(cause?.code).to.equal('CONFLICT_PLUGIN_QUARANTINED');
        else expect(await until('it answers', () => arena.ask('well').catch(() => null))).to.equal('well');
      });
    }
  });

  describe('keeps no other half from answering when it', () => {
    for (const [name, body] of floods) {
      it(name, async () => {
        await arena.enter(`${prelude}\n${body}`);
        const ends: TaskOutcome[] = [];
        arena.agents.onTaskEnd(anything('hostile/go'), async ({ outcome }) => void ends.push(outcome));
        await arena.agents.startTask(
          arena.node,
          anything('hostile/go'),
          `apart.hostile.${name.replaceAll(' ', '-')}`,
          {},
        );
        for (let n = 0; n < 30; n += 1) expect(await arena.neighbourAnswers()).to.equal(true);
        await arena.leave();
        await until('its task has an end', () => ends.length > 0, 20_000);
      });
    }
  });

  it('stays off when it crashes again and again, and runs again once it is put in place anew', async () => {
    await arena.enter(`setTimeout(() => process.exit(7), 200);`);
    const { cause } = await until('it is off', async () => {
      const one = await arena.status();
      return one?.state === 'failed' ? one : null;
    });
    expect(cause?.code).to.equal('CONFLICT_PLUGIN_QUARANTINED');
    await arena.control.gateway.halvesChanged();
    expect(await arena.status()).to.include({ state: 'failed' });
    expect(await arena.enter(prelude)).to.include({ state: 'running', cause: null });
    expect(await arena.ask('well')).to.equal('well');
  });

  it('loses its own task when it ends, and no other’s', async () => {
    const ends: [string, TaskOutcome][] = [];
    const own = anything('hostile/go');
    arena.agents.onTaskEnd(own, async ({ task, outcome }) => void ends.push([task, outcome]));
    arena.control.agents.onTaskEnd(Count, async ({ task, outcome }) => void ends.push([task, outcome]));
    await arena.enter(
      `${prelude}\nserve('go', async () => { await new Promise((resolve) => setTimeout(resolve, 300)); for (;;); });`,
    );
    await arena.control.agents.startTask(arena.node, Count, 'count-beside', { lines: 300, everyMs: 10, batch: 1 });
    await arena.agents.startTask(arena.node, own, 'apart.hostile.lost', {});
    await until('both ended', () => ends.length === 2, 20_000);
    expect(Object.fromEntries(ends)).to.deep.equal({
      'apart.hostile.lost': { status: 'lost' },
      'count-beside': { status: 'done', output: { lines: 300 } },
    });
    expect(await caught(arena.ask('nothing'))).to.include({ code: 'CAPABILITY_MISSING' });
  });
});

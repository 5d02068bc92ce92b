import { expect } from 'chai';
import { until } from '@containr/testing';
import { openArena } from '../test/arena.ts';
import type { Arena } from '../test/arena.ts';
import { attempts, tools } from '../test/attempts.ts';
import { floods, refusedSetups } from '../test/misbehaviour.ts';

const most = 400 * 1_048_576;

describe('a hostile plugin in a process of its own', function () {
  this.timeout(60_000);
  let arena: Arena;
  let atFirst = 0;

  before(async () => {
    atFirst = process.memoryUsage().rss;
    arena = await openArena();
  });
  after(() => arena.stop());
  afterEach(async () => {
    expect(await arena.neighbourAnswers(), 'the neighbour').to.equal(true);
    expect(process.memoryUsage().rss).to.be.lessThan(most + atFirst);
  });

  async function causeOf(): Promise<string> {
    const plugin = await arena.test.console('/plugins/hostile');
    return JSON.stringify(plugin.field('cause') ?? '');
  }

  describe('can’t do what was not granted: it', () => {
    before(async () => {
      const routes = attempts.map(
        ([, expression], n) => `route(ctx, '/hostiles/try-${n}', async () => {
          try { return { done: String(await (${expression})).slice(0, 100) }; } catch (error) { return { refused: (error.code ?? error.name) + ' ' + error.message }; }
        });`,
      );
      const entered = await arena.enter(`${tools}\n${routes.join('\n')}`);
      expect(entered.status, JSON.stringify(entered)).to.equal(200);
    });
    for (const [n, [name, , code]] of attempts.entries()) {
      it(name, async () => {
        const answer = await arena.test.console(`/hostiles/try-${n}`);
        expect(answer.field('refused'), answer.text).to.match(code);
      });
    }

    it('sees no environment but what Node needs', async () => {
      await arena.enter(`route(ctx, '/hostiles/env', async () => Object.keys(process.env));`);
      expect((await arena.test.console('/hostiles/env')).json).to.deep.equal([]);
    });
  });

  describe('is refused with a cause when it', () => {
    for (const [name, body, code] of refusedSetups) {
      it(name, async () => {
        const entered = await arena.enter(body);
        expect(entered.status).to.be.at.least(400);
        expect(await causeOf()).to.match(code);
      });
    }
  });

  describe('does not keep others from answering when it', () => {
    for (const [name, body] of floods) {
      it(name, async () => {
        await arena.enter(`${tools}\n${body}`);
        const gone = new AbortController();
        const asked = arena.test.console('/hostiles/go').catch(() => null);
        for (let n = 0; n < 30; n += 1) expect(await arena.neighbourAnswers()).to.equal(true);
        gone.abort();
        await arena.leave();
        await asked;
      });
    }
  });

  describe('is slowed or ended, and its document says so, when it', () => {
    for (const [name, body] of floods.slice(0, 3)) {
      it(name, async () => {
        await arena.enter(`${tools}\n${body}`);
        const asked = arena.test.console('/hostiles/go').catch(() => null);
        await until('its document says so', async () =>
          /more (messages|log lines) than are|PLUGIN_(SILENT|MEMORY)/.test(await causeOf()),
        );
        await arena.leave();
        await asked;
      });
    }
  });
});

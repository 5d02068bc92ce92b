import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { until } from '@containr/testing';
import { openArena } from '../test/arena.ts';
import type { Arena } from '../test/arena.ts';
import { faults } from '../test/faults.ts';
import { tools } from '../test/attempts.ts';
import { breaches } from '../test/misbehaviour.ts';
import type { CauseDocument } from '@containr/cell';

const well = `route(ctx, '/hostiles/well', async () => 'well');`;

describe('a plugin that hangs, grows or breaks rules', function () {
  this.timeout(60_000);
  let arena: Arena;
  before(async () => {
    arena = await openArena();
  });
  after(() => arena.stop());

  async function shown(): Promise<{ state: string; cause: CauseDocument | null }> {
    return (await arena.test.console('/plugins/hostile')).json as never;
  }

  /** Begins a fault; gives what the plugin's document says once it is contained. */
  async function contained(body: string, code: RegExp) {
    const began = performance.now();
    const entered = await arena.enter(`${tools}\n${well}\n${body}`);
    const startedMs = performance.now() - began;
    expect(entered.status, entered.text).to.equal(200);
    const asked = arena.test.console('/hostiles/go').catch(() => null);
    const one = await until(
      'it is contained',
      async () => {
        const { state, cause } = await shown();
        const ended = cause?.ended;
        return cause && ended && ended.containedMs !== null ? { state, cause, ended } : null;
      },
      30_000,
    );
    await asked;
    const { cause, ended } = one;
    const told = `${cause.code} ${cause.detail}`;
    expect(code.test(told), told).to.equal(true);
    // On a machine that is busy with other things a start takes longer than that: as long as the two before it did.
    expect(ended.containedMs).to.be.at.most(Math.max(1_000, 2 * startedMs));
    return { ...one, ended };
  }

  /** It serves again with the cause in its document, or is off, and whoever asks it is told why. */
  async function settled({ state, cause, ended }: Awaited<ReturnType<typeof contained>>): Promise<void> {
    const answer = await arena.test.console('/hostiles/well');
    if (ended.outcome === 'back') {
      expect([state, answer.status, answer.json]).to.deep.equal(['active', 200, 'well']);
    } else {
      expect([state, answer.status, answer.field('code')]).to.deep.equal(['failed', 503, 'PLUGIN_OFF']);
      expect(cause.code, cause.detail).to.equal('CONFLICT_PLUGIN_QUARANTINED');
    }
    expect(await arena.neighbourAnswers()).to.equal(true);
  }

  describe('is back or off, and its document says why, when it', () => {
    for (const { name, body, code } of faults) {
      it(name, async () => settled(await contained(body, code)));
    }
    for (const [name, body, code] of breaches) {
      it(name, async () => settled(await contained(body, code)));
    }
  });

  it('is ended when its folder holds more than it may, and stays off', async () => {
    const fill = `for (let n = 0; n < 20_100; n++) { fs.closeSync(fs.openSync(ctx.directory + '/' + n, 'w')); if (n % 500 === 0) await new Promise(setImmediate); }`;
    await arena.enter(`${tools}\n${well}\nroute(ctx, '/hostiles/go', async () => { ${fill} });`);
    const asked = arena.test.console('/hostiles/go').catch(() => null);
    const { cause } = await until(
      'it is off',
      async () => {
        const one = await shown();
        return one.state === 'failed' ? one : null;
      },
      50_000,
    );
    await asked;
    expect(cause?.detail).to.match(/PLUGIN_DISK.*Its folder holds more than 20000 files/);
    expect(await arena.neighbourAnswers()).to.equal(true);
    await rm(join(arena.test.data, 'plugins/hostile'), { recursive: true });
  });

  it('stays off when it crashes again and again, until somebody enables it', async () => {
    await arena.enter(`setTimeout(() => process.exit(7), 50);`);
    const { state, cause } = await until('it is off', async () => {
      const one = await shown();
      return one.state === 'failed' ? one : null;
    });
    expect([state, cause?.code, cause?.ended?.outcome]).to.deep.equal(['failed', 'CONFLICT_PLUGIN_QUARANTINED', 'off']);
    expect(cause?.detail).to.match(/ended 4 times within a minute, so it stays off. Last \(PLUGIN_CRASHED\)/);
    await arena.enter(well);
    expect([(await shown()).state, (await shown()).cause]).to.deep.equal(['active', null]);
  });
});

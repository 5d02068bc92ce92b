import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { until } from '@containr/testing';
import { openArena } from '../test/arena.ts';
import type { Arena } from '../test/arena.ts';

/** Behind everything else; see `cell.ts`. */
const behind = 10;

describe('the priority of an isolated plugin', function () {
  this.timeout(60_000);
  let arena: Arena;
  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    arena = await openArena();
  });
  after(() => arena?.stop());

  /** Niceness of the main thread of the plugin's Node. */
  function niceness(): number | null {
    const own = `--allow-fs-write=${arena.test.data}/plugins/hostile/*`;
    for (const pid of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        if (argv[0] !== process.execPath || !argv.includes(own)) continue;
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
      } catch {
        // It ended in between.
      }
    }
    return null;
  }

  it('is raised for a moment when it owes a sign of life, so that it is soon known whether it hangs', async () => {
    await arena.enter(`
      setInterval(() => { const until = performance.now() + 400; while (performance.now() < until); }, 700);
      route(ctx, '/hostiles/well', async () => 1);
    `);
    await until('it is let forward', async () => (niceness() ?? behind) < behind);
    await until('it is behind again', async () => niceness() === behind);
  });

  it('is never raised while it floods, however late it is', async () => {
    await arena.enter(`
      // Close to its limit of memory it burns instead: it would be ended there, and what is put in its place does not flood.
      const burn = () => { const until = performance.now() + 20; while (performance.now() < until); };
      const say = () => { for (let n = 0; n < 3000; n++) ctx.log.debug({}, 'x'); };
      const more = () => { if (process.memoryUsage.rss() > 170e6) burn(); else say(); setImmediate(more); };
      route(ctx, '/hostiles/go', async () => void more());
    `);
    await arena.test.console('/hostiles/go').catch(() => null);
    await until('it floods', async () =>
      JSON.stringify((await arena.test.console('/plugins/hostile')).field('cause')).includes('PLUGIN_FLOODS'),
    );
    const seen = new Set<number>();
    for (let n = 0; n < 80; n += 1) {
      const now = niceness();
      if (now !== null) seen.add(now);
      await delay(50);
    }
    const flooding = await arena.test.console('/plugins/hostile');
    expect([...seen], flooding.text).to.deep.equal([behind]);
    expect(await arena.neighbourAnswers()).to.equal(true);
  });
});

import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPlugin, startTestPlatform, until } from '@containr/testing';
import { median, row } from './measure.ts';

/**
 * From asking a plugin to hang, grow or crash until it serves again, by what its document says: the time until the fault is
 * found is in it. The worst of the kinds counts, each by the median of its rounds.
 */
const rounds = 3;
const kinds: Readonly<Record<string, string>> = {
  loop: 'for (;;);',
  microtasks: 'const on = () => Promise.resolve().then(on); on();',
  lock: 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);',
  buffers: 'for (;;) { all.push(Buffer.alloc(1e7, 1)); await new Promise(setImmediate); }',
  shared: 'for (;;) { all.push(new Uint8Array(new SharedArrayBuffer(1e7)).fill(1)); await new Promise(setImmediate); }',
  crash: 'process.exit(1);',
};
const folder = await mkdtemp(join(tmpdir(), 'containr-bench-containment-'));
await chmod(folder, 0o755);

async function put(kind: string, work: string) {
  const directory = join(folder, kind);
  await mkdir(directory);
  const containr = { displayName: kind, requires: {}, permissions: {}, segments: [kind] };
  const manifest = {
    name: `@bench/plugin-${kind}`,
    version: '1.0.0',
    type: 'module',
    exports: './plugin.js',
    containr,
  };
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest));
  const route = `ctx.http.route({ method: 'GET', path: '/${kind}', public: true, summary: 'x', response: true, handler: async () => { const all = []; ${work} } });`;
  await writeFile(join(directory, 'plugin.js'), `export default { setup(ctx) { ${route} } };`);
  return readPlugin(directory, 'isolated');
}

const test = await startTestPlatform({
  plugins: await Promise.all(Object.entries(kinds).map(([kind, work]) => put(kind, work))),
});
try {
  let worst = 0;
  for (const kind of Object.keys(kinds)) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await test.console(`/plugins/${kind}/replace`, { method: 'POST' });
      const begun = Date.now();
      const asked = test.console(`/${kind}`).catch(() => null);
      const ended = await until(`${kind} is back`, async () => {
        const one = (await test.console(`/plugins/${kind}`)).field('cause', 'ended');
        return one && (one as { containedMs: number | null }).containedMs !== null
          ? (one as { at: string; containedMs: number })
          : null;
      });
      times.push(Date.parse(ended.at) - begun + ended.containedMs);
      await asked;
    }
    worst = Math.max(worst, median(times));
    console.error(`${kind.padEnd(12)} ${times.join(' ')} ms`);
  }
  row('containment', worst, 'ms', '<=1000');
} finally {
  await test.stop();
  await rm(folder, { recursive: true, force: true });
}

import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPlugin, startTestPlatform } from '@containr/testing';
import { median, row } from './measure.ts';

/**
 * p99 of another plugin's route while an isolated plugin is hostile (it floods its channel and its log as fast as it can),
 * divided by the same while an isolated plugin is busy (it computes all the time); both are bound to the same share of a core.
 * Rounds are paired and interleaved.
 */
const rounds = 7;
const requests = 1_500;
const folder = await mkdtemp(join(tmpdir(), 'containr-bench-isolation-'));
await chmod(folder, 0o755);

const burn = `const end = performance.now() + 5; while (performance.now() < end) Math.sqrt(end);`;
const flood = `for (let n = 0; n < 2000; n += 1) { ctx.log.info({ n }, 'flood'); ctx.agents.nodes().catch(() => undefined); }`;
const plugin = (name: string, load: string) => `
let going = false;
const route = (ctx, path, handler) => ctx.http.route({ method: 'GET', path, public: true, summary: 'x', response: true, handler });
export default { setup(ctx) {
  const more = () => { if (!going) return; ${load} setImmediate(more); };
  route(ctx, '/${name}/start', async () => { going = true; setTimeout(more, 10); return 1; });
  route(ctx, '/${name}/stop', async () => { going = false; return 1; });
  route(ctx, '/${name}', async () => ({ ok: true }));
} };`;

async function put(name: string, load: string, trust: 'trusted' | 'isolated') {
  const directory = join(folder, name);
  await mkdir(directory);
  const containr = { displayName: name, requires: {}, permissions: {}, segments: [name] };
  const manifest = {
    name: `@bench/plugin-${name}`,
    version: '1.0.0',
    type: 'module',
    exports: './plugin.js',
    containr,
  };
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(directory, 'plugin.js'), plugin(name, load));
  return readPlugin(directory, trust);
}

const agent = new Agent({ keepAlive: true, maxSockets: 4 });
function ask(url: string): Promise<number> {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume();
      response.once('end', () =>
        response.statusCode === 200
          ? resolve(performance.now() - begun)
          : reject(new Error(`${url} answered ${response.statusCode}`)),
      );
    }).once('error', reject);
  });
}

async function p99(url: string): Promise<number> {
  const times: number[] = [];
  const client = async (): Promise<void> => {
    while (times.length < requests) times.push(await ask(url));
  };
  await Promise.all([client(), client(), client(), client()]);
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.99)] ?? Number.NaN;
}

const packages = [
  await put('other', '', 'trusted'),
  await put('hostile', flood, 'isolated'),
  await put('busy', burn, 'isolated'),
];
const test = await startTestPlatform({ plugins: packages });
try {
  const api = `${test.origin}/api/v1`;
  await p99(`${api}/other`);
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const measured: Record<string, number> = {};
    for (const name of round % 2 === 0 ? ['hostile', 'busy'] : ['busy', 'hostile']) {
      await test.console('/plugins/' + name + '/replace', { method: 'POST' });
      await ask(`${api}/${name}/start`);
      await new Promise((resolve) => setTimeout(resolve, 300));
      measured[name] = await p99(`${api}/other`);
      // Replacing ends its process, whatever it still has to say.
      await test.console('/plugins/' + name + '/replace', { method: 'POST' });
    }
    ratios.push((measured['hostile'] ?? Number.NaN) / (measured['busy'] ?? Number.NaN));
  }
  row('isolation', median(ratios), 'ratio', '<=1.2');
} finally {
  await test.stop();
  agent.destroy();
  await rm(folder, { recursive: true, force: true });
}

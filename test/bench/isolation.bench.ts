import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPlugin, startTestPlatform } from '@containr/testing';
import { row } from './measure.ts';

/**
 * p99 of another plugin's route while an isolated plugin is hostile (it floods its channel and its log as fast as it can),
 * divided by the same while an isolated plugin burns as much processor time for itself: how much is read of the system, and the
 * benign one is told to burn what it lacks to what the hostile one took in all. A round is hostile, benign, benign, hostile, so that
 * what else the machine does falls on both. What counts are the p99 of all requests beside the one and of all beside the other: one
 * window's slowest hundredth is a handful of requests, and says little.
 */
const rounds = 8;
const requests = 5_000;
/** Part of the larger one by which what the two took in all may differ, for the ratio to be one of equal load. */
const mostApart = 0.15;
/** From when on it is measured, in milliseconds: a flood has used up its allowance then, and is read slowly. */
const settledMs = 2_500;
const folder = await mkdtemp(join(tmpdir(), 'containr-bench-isolation-'));
await chmod(folder, 0o755);

// Until it took its share of the time since it began: by processor time, as the clock goes on while it waits for a processor.
const burn = `const until = performance.now() + 5; while (took() < share * (performance.now() - begun) && performance.now() < until); if (took() >= share * (performance.now() - begun)) return void setTimeout(more, 1);`;
// Close to its limit of memory it burns instead, as it would be ended there: so it goes on for as long as it is measured.
const flood = `if (process.memoryUsage.rss() > 170e6) { const until = performance.now() + 5; while (performance.now() < until); } else for (let n = 0; n < 2000; n += 1) { ctx.log.info({ n }, 'flood'); ctx.agents.nodes().catch(() => undefined); }`;
const plugin = (name: string, load: string) => `
let going = false;
let share = 1;
let begun = 0;
let burnt = 0;
const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
const took = () => used() - burnt;
const route = (ctx, path, handler) => ctx.http.route({ method: 'GET', path, public: true, summary: 'x', params: true, response: true, handler });
export default { setup(ctx) {
  const more = () => { if (!going) return; ${load} setImmediate(more); };
  route(ctx, '/${name}/start/{share}', async ({ params }) => { share = Number(params.share); begun = performance.now(); burnt = used(); going = true; setTimeout(more, 10); return 1; });
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

/** How long each of the requests of one window took, in milliseconds. */
async function window(url: string): Promise<readonly number[]> {
  const times: number[] = [];
  const client = async (): Promise<void> => {
    while (times.length < requests) times.push(await ask(url));
  };
  await Promise.all([client(), client(), client(), client()]);
  return times;
}

function p99(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;
}

/** The process of an isolated plugin, and the processor time that it took so far, in milliseconds. */
function processOf(data: string, name: string): { pid: string; burntMs: number } {
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      // What starts it has the same arguments, but is another program.
      if (command[0] !== process.execPath || !command.includes(`--allow-fs-write=${data}/plugins/${name}/*`)) continue;
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return { pid, burntMs: (Number(fields[11]) + Number(fields[12])) * 10 };
    } catch {
      // It ended in between.
    }
  }
  throw new Error(`There is no process of ${name}.`);
}

const packages = [
  await put('other', '', 'trusted'),
  await put('hostile', flood, 'isolated'),
  await put('busy', burn, 'isolated'),
];
const test = await startTestPlatform({ plugins: packages });
const api = `${test.origin}/api/v1`;

interface Measured {
  /** Of each request, in milliseconds. */
  readonly times: readonly number[];
  /** Processor time that the plugin took meanwhile, and how long that was, both in milliseconds. */
  readonly tookMs: number;
  readonly lastedMs: number;
}

/** Measures beside one of them; `undefined` when it was ended meanwhile: one that was ended floods no more. */
async function beside(name: 'hostile' | 'busy', share: number): Promise<Measured | undefined> {
  await test.console(`/plugins/${name}/replace`, { method: 'POST' });
  await ask(`${api}/${name}/start/${share}`);
  await new Promise((resolve) => setTimeout(resolve, settledMs));
  const [begun, before] = [performance.now(), processOf(test.data, name)];
  const times = await window(`${api}/other`);
  const [lastedMs, after] = [performance.now() - begun, processOf(test.data, name)];
  // Replacing ends its process, whatever it still has to say.
  await test.console(`/plugins/${name}/replace`, { method: 'POST' });
  if (after.pid !== before.pid) return undefined;
  return { times, tookMs: after.burntMs - before.burntMs, lastedMs };
}

const hostile: Measured[] = [];
const benign: Measured[] = [];
const share = (all: readonly Measured[]): number =>
  all.reduce((sum, { tookMs }) => sum + tookMs, 0) / all.reduce((sum, { lastedMs }) => sum + lastedMs, 0);

/** What a benign one has to burn so that both have taken as much after this window. */
function lacking(): number {
  const wanted = share(hostile);
  if (benign.length === 0) return Math.min(1, wanted);
  return Math.min(1, Math.max(0.01, wanted + (wanted - share(benign)) * benign.length));
}

async function measure(into: Measured[], name: 'hostile' | 'busy'): Promise<void> {
  const measured = await beside(name, name === 'hostile' ? 1 : lacking());
  if (!measured) return;
  into.push(measured);
  const took = measured.tookMs / measured.lastedMs;
  console.error(`${name} p99 ${p99(measured.times).toFixed(1)} ms, ${took.toFixed(2)} of a core`);
}

try {
  await window(`${api}/other`);
  for (let round = 0; round < rounds; round += 1) {
    await measure(hostile, 'hostile');
    await measure(benign, 'busy');
    await measure(benign, 'busy');
    await measure(hostile, 'hostile');
  }
  const [one, other] = [share(hostile), share(benign)];
  console.error(`hostile took ${one.toFixed(3)} of a core, benign ${other.toFixed(3)}`);
  if (Math.abs(one - other) > mostApart * Math.max(one, other)) throw new Error('The two did not take as much.');
  const all = (measured: readonly Measured[]): number => p99(measured.flatMap(({ times }) => times));
  row('isolation', all(hostile) / all(benign), 'ratio', '<=1.2');
} finally {
  await test.stop();
  agent.destroy();
  await rm(folder, { recursive: true, force: true });
}

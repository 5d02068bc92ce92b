import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPlugin, startTestPlatform } from '@containr/testing';
import { median, row } from './measure.ts';

/**
 * p99 of another plugin's route while an isolated plugin is hostile (it floods its channel and its log as fast as it can),
 * divided by the same while an isolated plugin burns as much processor time for itself: how much is read of the system, and the
 * benign one is told to burn what the hostile one of its round took. A round is hostile, benign, benign, hostile: two pairs, so that
 * what else the machine does falls on both. What counts is the median of the ratios of the pairs in which both took as much.
 */
const rounds = 6;
const requests = 3_000;
/** Pairs whose shares of a core differ by more than this part of the larger one do not count. */
const mostApart = 0.2;
const fewestPairs = 4;
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

async function p99(url: string): Promise<number> {
  const times: number[] = [];
  const client = async (): Promise<void> => {
    while (times.length < requests) times.push(await ask(url));
  };
  await Promise.all([client(), client(), client(), client()]);
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.99)] ?? Number.NaN;
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
  /** p99 in milliseconds. */
  readonly ms: number;
  /** Share of a core that the plugin took meanwhile. */
  readonly took: number;
  /** Whether it was one process all the time: one that was ended floods no more. */
  readonly whole: boolean;
}

/** Measures beside one of them. */
async function beside(name: 'hostile' | 'busy', share: number): Promise<Measured> {
  await test.console(`/plugins/${name}/replace`, { method: 'POST' });
  await ask(`${api}/${name}/start/${share}`);
  await new Promise((resolve) => setTimeout(resolve, settledMs));
  const [begun, before] = [performance.now(), processOf(test.data, name)];
  const ms = await p99(`${api}/other`);
  const after = processOf(test.data, name);
  const took = (after.burntMs - before.burntMs) / (performance.now() - begun);
  // Replacing ends its process, whatever it still has to say.
  await test.console(`/plugins/${name}/replace`, { method: 'POST' });
  return { ms, took, whole: after.pid === before.pid };
}

/** Whether both were there all the time and took as much. */
function equal(hostile: Measured, busy: Measured): boolean {
  const apart = Math.abs(hostile.took - busy.took) / Math.max(hostile.took, busy.took);
  return hostile.whole && busy.whole && apart <= mostApart;
}

try {
  await p99(`${api}/other`);
  const pairs: (readonly [hostile: Measured, busy: Measured])[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const first = await beside('hostile', 1);
    const share = Math.min(1, first.took);
    const [second, third] = [await beside('busy', share), await beside('busy', share)];
    pairs.push([first, second], [await beside('hostile', 1), third]);
    for (const [hostile, busy] of pairs.slice(-2)) console.error(told('hostile', hostile), told('benign', busy));
  }
  const counted = pairs.filter(([hostile, busy]) => equal(hostile, busy));
  console.error(
    `${counted.length} of ${pairs.length} pairs count: in the others the two differed by more than ${mostApart * 100} % of a share, or one was ended`,
  );
  if (counted.length < fewestPairs) throw new Error(`Too few pairs took as much: ${fewestPairs} are needed.`);
  row('isolation', median(counted.map(([hostile, busy]) => hostile.ms / busy.ms)), 'ratio', '<=1.2');
} finally {
  await test.stop();
  agent.destroy();
  await rm(folder, { recursive: true, force: true });
}

function told(name: string, { ms, took, whole }: Measured): string {
  return `${name} p99 ${ms.toFixed(1)} ms, ${took.toFixed(2)} of a core${whole ? '' : ', was ended'};`;
}

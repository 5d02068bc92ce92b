// npm run bench -- [NAME] [--json]: every bench in a process of its own, one row a bench.
import { spawn } from 'node:child_process';
import { loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const names = [
  'route',
  'toggle',
  'hooks',
  'memory',
  'start',
  'agents',
  'road',
  'variable',
  'isolation',
  'containment',
  'plan',
  'services',
];
const args = process.argv.slice(2);
const json = args.includes('--json');
const wanted = args.filter((arg) => !arg.startsWith('--'));
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}. Known: ${names.join(', ')}.`);
  process.exit(2);
}

let failed = false;
for (const name of wanted.length > 0 ? wanted : names) {
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--disable-warning=ExperimentalWarning', join(here, `${name}.bench.ts`)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (json) console.log(line);
    else {
      const { bench, value, unit, goal } = JSON.parse(line);
      console.log(
        `${bench.padEnd(12)} ${String(value).padStart(10)} ${unit.padEnd(6)} ${verdict(value, goal).padEnd(24)} load ${loadavg()[0]?.toFixed(1)}`,
      );
    }
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) {
    failed = true;
    console.error(`The bench ${name} ended with code ${code}.`);
  }
}
process.exit(failed ? 1 : 0);

/** Says whether a value meets its goal, `<=120` or `>=0.95`; a bench that only reports has none. */
function verdict(value, goal) {
  const [, relation, limit] = /^([<>]=)(.+)$/.exec(goal) ?? [];
  if (relation === undefined) return 'no goal';
  const met = relation === '<=' ? value <= Number(limit) : value >= Number(limit);
  return `goal ${relation} ${limit}: ${met ? 'met' : 'missed'}`;
}

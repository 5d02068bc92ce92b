// npm run soak -- [PART] [OPTIONS]: each part in a process of its own, with flags that make its heap comparable.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const parts = ['load', 'sequences', 'toggles', 'changes'];
/** Compiled and optimised code stays until memory is short, and would hide what a plugin leaves. */
const flags = [
  '--expose-gc',
  '--no-compilation-cache',
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--conditions=containr-src',
  '--disable-warning=ExperimentalWarning',
];

const [first, ...rest] = process.argv.slice(2);
const wanted = first === undefined ? parts : [first];
let failed = false;
for (const part of wanted) {
  console.log(`soak ${part}`);
  const child = spawn(process.execPath, [...flags, join(here, 'run.ts'), part, ...rest], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const stop = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
  const code = await new Promise((resolve) => child.once('close', resolve));
  for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stop);
  failed ||= code !== 0;
}
process.exit(failed ? 1 : 0);

// Development: runs the sources, has a new control plane take over when they change, rebuilds agent halves and views beside it.
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runQuietly } from './bootstrap/run.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
let stopping = false;
let start = run();

/** Starts the install from its sources. When it does not come up, the next change tries again. */
function run() {
  const child = spawn(
    process.execPath,
    [
      '--conditions=containr-src',
      '--disable-warning=ExperimentalWarning',
      join(root, 'install/src/start.ts'),
      ...process.argv.slice(2),
    ],
    { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] },
  );
  child.once('exit', (code) => {
    if (stopping || code === 0 || code === 130) process.exit(code ?? 0);
    console.error('  Containr ended; it is started again when a source changes.');
    start = null;
  });
  return child;
}

let soon;
/** Has a successor take over, or starts again what ended; saves in quick succession are one change. */
function restart() {
  clearTimeout(soon);
  soon = setTimeout(() => {
    if (start === null) start = run();
    else start.send('restart');
  }, 200);
}

/** Runs a build once at a time, and once more when something changed meanwhile. */
function rebuilder(title, program) {
  let running = false;
  let again = false;
  return async function rebuild() {
    if (running) return void (again = true);
    running = true;
    try {
      await runQuietly([process.execPath, join(root, program)], { cwd: root });
      console.error(`  ${title}: rebuilt`);
    } catch (error) {
      console.error(`  ${title}: ${error.message}`);
    }
    running = false;
    if (again) {
      again = false;
      void rebuild();
    }
  };
}

const agents = rebuilder('agent halves', 'install/build-agents.mjs');
const views = rebuilder('views', 'ui/build.mjs');
const isView = (name) => /(^|\/)ui\//.test(name) && !/(^|\/)dist\//.test(name);
const isSource = (name) => /(^|\/)src\//.test(name) && name.endsWith('.ts') && !name.endsWith('.test.ts');

watch(join(root, 'plugins'), { recursive: true }, (_event, name) => {
  if (!name) return;
  if (isView(name)) void views();
  else if (isSource(name)) {
    void agents();
    restart();
  }
});
for (const folder of ['sdk/plugin', 'foundation', 'kernel', 'install']) {
  watch(join(root, folder), { recursive: true }, (_event, name) => {
    if (name && isSource(name)) restart();
  });
}
watch(join(root, 'ui'), { recursive: true }, (_event, name) => {
  if (name && !/(^|\/)dist\//.test(name)) void views();
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopping = true;
    if (start === null) process.exit(0);
    // The terminal sends Ctrl-C to both of us.
    if (signal === 'SIGTERM') start.kill('SIGTERM');
  });
}

// Development: runs the sources, restarts the control plane when they change, rebuilds agent halves and views beside it.
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runQuietly } from './bootstrap/run.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const start = spawn(
  process.execPath,
  [
    '--watch',
    '--watch-preserve-output',
    '--conditions=containr-src',
    '--disable-warning=ExperimentalWarning',
    join(root, 'install/src/start.ts'),
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);

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
const isAgentSource = (name) => /\/src\//.test(name) && name.endsWith('.ts') && !name.endsWith('.test.ts');

watch(join(root, 'plugins'), { recursive: true }, (_event, name) => {
  if (!name) return;
  if (isView(name)) void views();
  else if (isAgentSource(name)) void agents();
});
watch(join(root, 'ui'), { recursive: true }, (_event, name) => {
  if (name && !/(^|\/)dist\//.test(name)) void views();
});

process.on('SIGINT', () => {});
process.on('SIGTERM', () => start.kill('SIGTERM'));
start.on('exit', (code) => process.exit(code ?? 0));

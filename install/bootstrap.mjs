// Plain JavaScript for any Node from 20 on: brings the right Node, the packages and the build, then hands over.
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuild } from './bootstrap/build.mjs';
import { ensurePackages } from './bootstrap/packages.mjs';
import { createProgress } from './bootstrap/progress.mjs';
import { run } from './bootstrap/run.mjs';
import { ensureNode, isNodeRecent } from './bootstrap/toolchain.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [command = 'start', ...rest] = process.argv.slice(2);
/** How a long-lived control plane is started: flags and environment that keep its memory small. */
const launch = JSON.parse(readFileSync(join(root, 'install/launch.json'), 'utf8'));
const progress = createProgress({ json: rest.includes('--json'), quiet: command === 'containr' });

/** What each command needs, and the program that it hands over to. */
const commands = {
  start: { build: true, program: ['install/dist/start.js', ...rest], launch: true },
  dev: { build: true, program: ['install/dev.mjs', ...rest] },
  build: { build: true },
  test: { build: true, program: ['install/test.mjs', ...rest] },
  lint: { build: false, program: ['install/lint.mjs', ...rest] },
  docs: { build: true, program: ['test/docs/main.mjs', ...rest] },
  soak: { build: true, program: ['test/soak/main.mjs', ...rest] },
  bench: { build: true, program: ['test/bench/main.mjs', ...rest] },
  containr: { build: true, program: ['sdk/cli/bin/containr.mjs', ...rest] },
};

try {
  const plan = commands[command];
  if (!plan) throw new Error(`There is no command "${command}". Known: ${Object.keys(commands).join(', ')}.`);
  if (!isNodeRecent(process.versions.node)) {
    const node = await ensureNode(root, progress);
    const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
    const child = await run([node, fileURLToPath(import.meta.url), command, ...rest], {
      cwd: process.cwd(),
      env,
      forwardSignals: true,
    });
    process.exit(child);
  }
  await ensurePackages(root, progress);
  if (plan.build) await ensureBuild(root, progress);
  if (plan.program) {
    const [program, ...args] = plan.program;
    const flags = plan.launch ? launch.flags : ['--disable-warning=ExperimentalWarning'];
    const env = plan.launch ? { ...launch.env, ...process.env } : process.env;
    const argv = [process.execPath, ...flags, join(root, program), ...args];
    // What stays up takes this process's place: one less to keep in memory, and signals need no forwarding.
    if (plan.launch && process.execve) process.execve(process.execPath, argv, env);
    process.exit(await run(argv, { cwd: process.cwd(), env, forwardSignals: true }));
  }
} catch (error) {
  progress.fail(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

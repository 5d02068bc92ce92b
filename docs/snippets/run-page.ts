import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createExec, createLogger } from '@containr/sdk/host';
import type { Step } from './read-page.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const exec = createExec({ log: createLogger({ level: 'silent' }) });
const generator = 'sdk/create-plugin/bin/create-containr-plugin.mjs';
const template = join(root, 'sdk/create-plugin/template');

/** Takes a page's steps in a folder; what is left then is checked as a plugin, if it is one. Throws with all output. */
export async function runPage(steps: readonly Step[], folder: string): Promise<void> {
  let here = folder;
  let tested = false;
  for (const step of steps) {
    if (step.kind === 'write') {
      // Paths in a page are below the folder in which the reader began.
      const path = join(folder, step.path);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, step.text);
      tested = false;
      continue;
    }
    const [program, ...words] = wordsOf(step.command);
    if (program === 'cd') here = join(here, words[0] ?? '');
    else if (program === 'node' && words[0] === `$CONTAINR/${generator}`) await run(generator, words.slice(1), here);
    else if (step.command === 'npm test') {
      await check(here);
      tested = true;
    } else if (step.command !== 'npm install') throw new Error(`Nobody knows how to run: ${step.command}`);
  }
  if (!tested && existsSync(join(here, 'package.json'))) await check(here);
}

/** What `npm test` does in a plugin that was made with the generator: types, build, tests. */
export async function check(folder: string): Promise<void> {
  if (!existsSync(join(folder, 'tsconfig.json')))
    await copyFile(join(template, 'tsconfig.json.tmpl'), join(folder, 'tsconfig.json'));
  if (!existsSync(join(folder, 'ui/env.d.ts')) && existsSync(join(folder, 'ui')))
    await copyFile(join(template, 'ui/env.d.ts.tmpl'), join(folder, 'ui/env.d.ts'));
  await run('node_modules/typescript/bin/tsc', [], folder);
  await run('sdk/plugin-build/bin/containr-plugin.mjs', ['build'], folder);
  const tests = existsSync(join(folder, 'test')) ? await readdir(join(folder, 'test')) : [];
  const files = tests.filter((name) => name.endsWith('.test.ts')).map((name) => `test/${name}`);
  if (files.length === 0) throw new Error('The page has a plugin and no test of it');
  const flags = ['--node-option', 'disable-warning=ExperimentalWarning', '--timeout', '60000', '--exit'];
  await run('node_modules/mocha/bin/mocha.js', [...flags, ...files], folder);
}

async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`, HOME: process.env['HOME'] ?? cwd };
  const argv = [process.execPath, join(root, program), ...args] as const;
  const { exitCode, stdout, stderr } = await exec([...argv], { cwd, env, timeoutMs: 180_000 });
  if (exitCode !== 0) throw new Error(`${program} ${args.join(' ')} in ${cwd}:\n${stdout}\n${stderr}`);
}

function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

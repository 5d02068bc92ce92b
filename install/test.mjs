// Sets up what the tests need, runs them, and closes with one line: N passed, N failed, N skipped.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './bootstrap/run.mjs';
import { createProgress } from './bootstrap/progress.mjs';
import { setUpTests } from './test/set-up.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const everything = [
  '{sdk,foundation,kernel,agent,install,ui}/**/*.test.ts',
  'plugins/**/*.test.ts',
  'test/**/*.test.ts',
  'docs/**/*.test.ts',
  'samples/plugins/*.test.ts',
];
const given = process.argv.slice(2);
const specs = given.length > 0 ? given : everything;
const { env, tearDown } = await setUpTests(root, createProgress({ json: false }), process.env.CI === 'true');
const mocha = join(root, 'node_modules/mocha/bin/mocha.js');
// A machine that is busy with something else must not cost a whole run; what needed a second try is told at the end.
const args = ['--reporter', join(root, 'install/test/reporter.cjs'), '--retries', '1', ...specs];
let code = 1;
try {
  code = await run([process.execPath, '--disable-warning=ExperimentalWarning', mocha, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    forwardSignals: true,
  });
} finally {
  await tearDown();
}
process.exit(code);

// Starts a plugin without Node's permission model that tries to get out; says what held and what it got. Also as an ordinary user.
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger } from '@containr/sdk/host';
import { Child, defaultLimits, showIsolation } from '@containr/cell';
import { breakOut } from './break-outs.ts';
import type { Targets } from './break-outs.ts';

const [folder = '', targets = '{}'] = process.argv.slice(2);
const packageDirectory = join(folder, 'package');
const directory = join(folder, 'data/plugins/p');
mkdirSync(directory, { recursive: true });
mkdirSync(packageDirectory);
chmodSync(packageDirectory, 0o755);
const manifest = { name: 'p', type: 'module', exports: './plugin.js' };
writeFileSync(join(packageDirectory, 'package.json'), JSON.stringify(manifest));
copyFileSync(fileURLToPath(new URL('./break-outs.ts', import.meta.url)), join(packageDirectory, 'break-outs.ts'));
const given: Targets = { ...(JSON.parse(targets) as Targets), ownFolder: directory };
writeFileSync(
  join(packageDirectory, 'plugin.js'),
  `import { breakOut } from './break-outs.ts';
   const tried = await breakOut(${JSON.stringify(given)});
   export default { settings: { tried, environment: process.env }, setup() {} };`,
);

const child = new Child({
  plugin: 'p',
  program: fileURLToPath(new URL('../src/child/main.ts', import.meta.url)),
  packageDirectory,
  directory,
  limits: { ...defaultLimits, fileBytes: 2e6 },
  seatBelt: false,
  log: createLogger({ level: 'silent' }),
  answer: async () => null,
  notified: () => undefined,
  died: (cause) => {
    console.error(cause.message);
    process.exit(1);
  },
});
const loaded = (await child.load()) as { settings: { tried: Record<string, string>; environment: object } };
await child.stop(0);
mkdirSync(join(folder, 'free'));
const free = await breakOut({ ...given, ownFolder: join(folder, 'free') });
console.log(JSON.stringify({ layers: showIsolation(child.isolation), ...loaded.settings, free }));
process.exit(0);

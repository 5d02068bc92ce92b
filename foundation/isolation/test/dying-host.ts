// Starts a plugin whose loop hangs, tells its folder, and waits to be killed.
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger } from '@containr/sdk/host';
import { Child, defaultLimits } from '@containr/cell';

const folder = mkdtempSync(join(tmpdir(), 'containr-dying-'));
chmodSync(folder, 0o755);
mkdirSync(join(folder, 'data/plugins/p'), { recursive: true });
mkdirSync(join(folder, 'package'));
writeFileSync(
  join(folder, 'package/package.json'),
  JSON.stringify({ name: 'p', type: 'module', exports: './plugin.js' }),
);
writeFileSync(join(folder, 'package/plugin.js'), 'export default { setup() {} }; setTimeout(() => { for (;;); }, 10);');
const child = new Child({
  plugin: 'p',
  program: fileURLToPath(new URL('../src/child/main.ts', import.meta.url)),
  packageDirectory: join(folder, 'package'),
  directory: join(folder, 'data/plugins/p'),
  limits: defaultLimits,
  log: createLogger({ level: 'silent' }),
  answer: async () => null,
  notified: () => undefined,
  died: () => undefined,
});
await child.load();
console.log(folder);

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contributionsNow } from './contributions-now.ts';
import { contributionsPage } from './contributions-page.ts';
import { kitPage } from './kit-page.ts';
import { tokenExports } from './token-exports.ts';

/** Writes the pages of `docs/reference` that are made from what is registered, and from the kit. */
for (const [name, page] of [
  ['kit.md', await kitPage()],
  ['contributions.md', contributionsPage(await contributionsNow(), await tokenExports())],
] as const) {
  const path = fileURLToPath(new URL(`../../docs/reference/${name}`, import.meta.url));
  const old = await readFile(path, 'utf8').catch(() => '');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, page);
  process.stdout.write(`docs/reference/${name} ${old === page ? 'was true already' : 'is renewed'}\n`);
}
process.exit(0);

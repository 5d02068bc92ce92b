import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contributionsNow } from './contributions-now.ts';
import { contributionsPage } from './contributions-page.ts';
import { tokenExports } from './token-exports.ts';

/** Writes the pages of `docs/reference` that are made from what is registered. */
const path = fileURLToPath(new URL('../../docs/reference/contributions.md', import.meta.url));
const page = contributionsPage(await contributionsNow(), await tokenExports());
const old = await readFile(path, 'utf8').catch(() => '');
await mkdir(dirname(path), { recursive: true });
await writeFile(path, page);
process.stdout.write(`docs/reference/contributions.md ${old === page ? 'was true already' : 'is renewed'}\n`);
process.exit(0);

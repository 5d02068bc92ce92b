import { rename, writeFile } from 'node:fs/promises';

/** Writes a file as a whole or not at all, for its owner only. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

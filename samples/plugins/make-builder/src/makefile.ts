import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const largest = 100_000;

/** Targets of the Makefile at the top of a source; `null` when there is none of its own (a link may lead outside). */
export async function targetsOf(directory: string): Promise<ReadonlySet<string> | null> {
  const path = join(directory, 'Makefile');
  const found = await lstat(path).catch(() => null);
  if (!found?.isFile() || found.size > largest) return null;
  const text = await readFile(path, 'utf8');
  return new Set([...text.matchAll(/^([A-Za-z0-9_-]+):(?!=)/gm)].map(([, target = '']) => target));
}

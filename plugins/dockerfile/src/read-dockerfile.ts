import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

const largest = 1 << 20;

/** Text of a file inside a folder, or `null` when it is not there, is larger than 1 MiB, no file, or a link out of the folder. */
export async function readInside(directory: string, path: string): Promise<string | null> {
  try {
    const root = await realpath(directory);
    const real = await realpath(join(root, path));
    if (!real.startsWith(root + sep)) return null;
    const file = await open(real, 'r');
    try {
      const stat = await file.stat();
      return stat.isFile() && stat.size <= largest ? await file.readFile('utf8') : null;
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

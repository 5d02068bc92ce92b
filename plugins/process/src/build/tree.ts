import type { Stats } from 'node:fs';
import { chmod, lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Gives a whole tree to a user, links themselves included and never followed. */
export async function giveTree(directory: string, uid: number): Promise<void> {
  await visit(directory, async (path) => lchown(path, uid, uid));
}

/** Makes a finished tree the agent's own: readable for all, writable for none but its owner. Gives the sum of file sizes in bytes. */
export async function sealTree(directory: string, owner: number | null): Promise<number> {
  let bytes = 0;
  await visit(directory, async (path, stat) => {
    if (owner !== null) await lchown(path, owner, owner);
    if (stat.isSymbolicLink()) return;
    const mode = stat.mode & 0o777;
    const sealed = stat.isDirectory() ? 0o755 : (mode & 0o700) | 0o044 | (mode & 0o100 ? 0o011 : 0);
    if (mode !== sealed || stat.mode & 0o7000) await chmod(path, sealed);
    if (stat.isFile()) bytes += stat.size;
  });
  return bytes;
}

async function visit(path: string, work: (path: string, stat: Stats) => Promise<void>): Promise<void> {
  const stat = await lstat(path);
  await work(path, stat);
  if (!stat.isDirectory()) return;
  const names = await readdir(path);
  for (let start = 0; start < names.length; start += 64) {
    await Promise.all(names.slice(start, start + 64).map((name) => visit(join(path, name), work)));
  }
}

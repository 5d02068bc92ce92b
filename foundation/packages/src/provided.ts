import { mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';

/** What a plugin may import without bringing it: one copy for the whole install, so that tokens are the same everywhere. */
const provided = ['@containr/sdk', '@mikro-orm/core'];

/** Links what the install provides, and the packages in `more` (name to folder), where plugins below `root` find them. */
export async function linkProvided(root: string, more: ReadonlyMap<string, string>): Promise<void> {
  const found = provided.flatMap((name): [string, string][] => {
    const file = findPackageJSON(name, import.meta.url);
    return file === undefined ? [] : [[name, dirname(file)]];
  });
  for (const [name, directory] of [...found, ...more]) {
    const link = join(root, 'node_modules', name);
    if ((await readlink(link).catch(() => null)) === directory) continue;
    await mkdir(dirname(link), { recursive: true });
    await rm(link, { recursive: true, force: true });
    await symlink(directory, link);
  }
}

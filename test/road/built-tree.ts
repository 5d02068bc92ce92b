import { cp, glob, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratchFolder } from '@containr/testing';

const root = fileURLToPath(new URL('../../', import.meta.url));
const copied = ['install', 'kernel', 'agent', 'foundation', 'sdk', 'plugins'];
const left = new Set(['node_modules', 'src', 'test', '.cache']);

/** A copy of the built code whose files a test may change: what an install finds on disk after an upgrade. */
export class BuiltTree {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** Copies what is built; packages of others are linked. */
  static async copy(): Promise<BuiltTree> {
    const to = await scratchFolder('tree');
    for (const folder of copied)
      await cp(join(root, folder), join(to, folder), { recursive: true, filter: (path) => !left.has(basename(path)) });
    for (const folder of ['ui', 'samples']) await symlink(join(root, folder), join(to, folder));
    for await (const nested of glob('{kernel,agent,install,{foundation,sdk,plugins}/*}/node_modules', { cwd: root }))
      await symlink(join(root, nested), join(to, nested));
    const packages = join(to, 'node_modules');
    await mkdir(join(packages, '@containr'), { recursive: true });
    for (const name of await readdir(join(root, 'node_modules')))
      if (name !== '@containr') await symlink(join(root, 'node_modules', name), join(packages, name));
    for (const name of await readdir(join(root, 'node_modules/@containr'))) {
      const target = await readlink(join(root, 'node_modules/@containr', name));
      await symlink(target, join(packages, '@containr', name));
    }
    return new BuiltTree(to);
  }

  /** Changes a file; throws when the change finds nothing to change. */
  async change(path: string, edit: (text: string) => string): Promise<void> {
    const file = join(this.root, path);
    const text = await readFile(file, 'utf8');
    const next = edit(text);
    if (next === text) throw new Error(`Nothing was changed in ${path}.`);
    await writeFile(file, next);
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

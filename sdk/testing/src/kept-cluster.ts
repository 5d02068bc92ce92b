import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { adoptDatabase, findHome } from '@containr/postgres';
import type { Logger } from '@containr/sdk';

const mostKept = 3;
const copyMs = 60_000;

/**
 * A database cluster that an earlier run made and stopped, kept in the user's cache folder: copying it is many times faster than
 * making one. It is known by the code that made it, so that other migrations never find it.
 */
export interface KeptCluster {
  /** Copies it into a data folder that has no database yet; `false` when there is none to copy. */
  adopt(data: string, log: Logger): Promise<boolean>;
  /** Keeps the database of a data folder, which is stopped. */
  keep(data: string): Promise<void>;
}

/** Finds where it is, or would be, kept: `$XDG_CACHE_HOME/containr-testing`, by default below `~/.cache`. */
export async function keptCluster(): Promise<KeptCluster> {
  const root = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'containr-testing');
  const folder = join(root, await madeBy());
  return {
    async adopt(data, log) {
      if (!(await exists(folder))) return false;
      await adoptDatabase(data, (fresh) => copy(folder, fresh), log);
      return true;
    },
    async keep(data) {
      if (await exists(folder)) return;
      const fresh = `${folder}.${process.pid}`;
      await mkdir(fresh, { recursive: true, mode: 0o700 });
      await copy((await findHome(data)).data, fresh);
      // Another process may have been faster.
      await rename(fresh, folder).catch(() => rm(fresh, { recursive: true }));
      await forgetOlder(root);
    },
  };
}

/** A hash of the code that makes clusters and migrates them: the packages `data` and `postgres`, and the versions of what they use. */
async function madeBy(): Promise<string> {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.getuid?.() ?? ''}`);
  for (const name of ['@containr/data', '@containr/postgres']) {
    const code = dirname(fileURLToPath(import.meta.resolve(name)));
    const files = (await readdir(code, { recursive: true })).filter((file) => /(?<!\.test)\.[tj]s$/.test(file)).sort();
    for (const file of files) hash.update(file).update(await readFile(join(code, file)));
    hash.update(await readFile(join(dirname(code), 'package.json')));
  }
  return hash.digest('hex').slice(0, 24);
}

async function forgetOlder(root: string): Promise<void> {
  const kept = await Promise.all(
    (await readdir(root)).map(async (name) => {
      const path = join(root, name);
      return {
        path,
        at: await stat(path).then(
          ({ mtimeMs }) => mtimeMs,
          () => 0,
        ),
      };
    }),
  );
  for (const { path } of kept.toSorted((a, b) => b.at - a.at).slice(mostKept))
    await rm(path, { recursive: true, force: true });
}

/** Copies what is in a folder, by sharing blocks where the file system can. */
async function copy(from: string, to: string): Promise<void> {
  const sharing = process.platform === 'linux' ? ['--reflink=auto'] : [];
  await promisify(execFile)('cp', ['-R', ...sharing, `${from}/.`, to], { timeout: copyMs });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Pack } from 'tar-stream';

const epoch = new Date(0);

/**
 * Writes a folder into a tar.gz: files, folders and links, sorted, without times and owners, so that the same content becomes the
 * same file. `unpackArchive` reads it.
 */
export async function packFolder(folder: string, file: string, signal: AbortSignal): Promise<void> {
  const tar = pack();
  const written = pipeline(tar, createGzip({ level: 1 }), createWriteStream(file, { mode: 0o600 }), { signal });
  const fed = (async () => {
    await addFolder(tar, folder, '', signal);
    tar.finalize();
  })();
  // Whichever fails first tells why; the other one ends with it.
  fed.catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))));
  await Promise.all([fed, written]);
}

async function addFolder(tar: Pack, root: string, path: string, signal: AbortSignal): Promise<void> {
  const names = await readdir(join(root, path));
  for (const name of names.sort()) {
    signal.throwIfAborted();
    const inside = path === '' ? name : `${path}/${name}`;
    const full = join(root, inside);
    const found = await lstat(full);
    if (found.isSymbolicLink()) {
      tar.entry({ name: inside, type: 'symlink', linkname: await readlink(full), mode: 0o777, mtime: epoch });
    } else if (found.isDirectory()) {
      tar.entry({ name: inside, type: 'directory', mode: 0o755, mtime: epoch });
      await addFolder(tar, root, inside, signal);
    } else if (found.isFile()) {
      const mode = found.mode & 0o100 ? 0o755 : 0o644;
      await pipeline(createReadStream(full), tar.entry({ name: inside, size: found.size, mode, mtime: epoch }));
    }
  }
}

import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import type { TreeEntry } from './tree-hash.ts';

const epoch = new Date(0);

/** Writes the canonical tar.gz of a folder's entries: sorted, without times and owners. */
export async function packSnapshot(
  root: string,
  entries: readonly TreeEntry[],
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const tar = pack();
  const written = pipeline(tar, createGzip({ level: 1 }), createWriteStream(target, { mode: 0o600 }), { signal });
  const fed = (async () => {
    for (const entry of entries) {
      signal.throwIfAborted();
      if (entry.mode === 'link')
        tar.entry({ name: entry.path, type: 'symlink', linkname: entry.content, mode: 0o777, mtime: epoch });
      else await addFile(tar, root, entry);
    }
    tar.finalize();
  })();
  await Promise.all([written, fed]);
}

async function addFile(tar: ReturnType<typeof pack>, root: string, entry: TreeEntry): Promise<void> {
  const path = join(root, entry.path);
  const { size } = await stat(path);
  const sink = tar.entry({ name: entry.path, size, mode: entry.mode === 'executable' ? 0o755 : 0o644, mtime: epoch });
  await pipeline(createReadStream(path), sink);
}

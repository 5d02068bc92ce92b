import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ContainrError } from '@containr/sdk';
import { empty } from './errors.ts';
import { packSnapshot } from './pack.ts';
import { readArchive } from './read-archive.ts';
import { treeHash } from './tree-hash.ts';
import { Unpacker } from './unpacker.ts';

/** What came of an archive. */
export interface Taken {
  readonly treeHash: string;
  readonly sizeBytes: number;
  readonly entries: number;
}

/** Sources by content, as tar.gz files in one folder. */
export interface SnapshotStore {
  /** Takes an archive in; the same content is kept once. Throws the `UPLOAD_…` codes. */
  take(archive: string, signal: AbortSignal): Promise<Taken>;
  exists(hash: string): Promise<boolean>;
  open(hash: string): { stream: Readable; sizeBytes: Promise<number> };
  /** Unpacks a snapshot for the time of `work`. Throws `SOURCE_UNREACHABLE` when it is not there. */
  unpacked<T>(hash: string, signal: AbortSignal, work: (folder: string) => Promise<T>): Promise<T>;
  remove(hash: string): Promise<void>;
  /** A new folder for something short-lived, below the store. */
  temporary(): Promise<string>;
  /** Hashes in the store whose file is older than a time. */
  olderThan(time: Date): Promise<readonly string[]>;
  /** Deletes temporary folders older than a time: what a crash left behind. */
  sweep(before: Date): Promise<void>;
}

/** Opens the snapshot store in a folder. */
export async function openSnapshotStore(directory: string): Promise<SnapshotStore> {
  const kept = join(directory, 'snapshots');
  const temporaries = join(directory, 'tmp');
  await mkdir(kept, { recursive: true, mode: 0o700 });
  await mkdir(temporaries, { recursive: true, mode: 0o700 });
  const fileOf = (hash: string): string => join(kept, `${checked(hash)}.tar.gz`);
  const temporary = (): Promise<string> => mkdtemp(join(temporaries, `${process.pid}-`));
  await removeOfDead(temporaries);

  async function exists(hash: string): Promise<boolean> {
    return (await sizeOf(fileOf(hash))) !== null;
  }

  async function inTemporary<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = await temporary();
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  }

  return {
    temporary,
    exists,
    async take(archive, signal) {
      const { size } = await stat(archive);
      return inTemporary(async (folder) => {
        const root = join(folder, 'root');
        await mkdir(root);
        const unpacker = new Unpacker(root, size);
        await readArchive(archive, unpacker, signal);
        const entries = await unpacker.finish();
        if (entries.length === 0) throw empty();
        const hash = treeHash(entries);
        const file = fileOf(hash);
        if ((await sizeOf(file)) === null) {
          const packed = join(folder, 'packed.tar.gz');
          await packSnapshot(root, entries, packed, signal);
          await rename(packed, file);
        } else await utimes(file, new Date(), new Date());
        return { treeHash: hash, sizeBytes: (await sizeOf(file)) ?? 0, entries: entries.length };
      });
    },
    open(hash) {
      const file = fileOf(hash);
      return { stream: createReadStream(file), sizeBytes: sizeOf(file).then((size) => size ?? 0) };
    },
    async unpacked(hash, signal, work) {
      const size = await sizeOf(fileOf(hash));
      if (size === null) throw missing();
      return inTemporary(async (folder) => {
        const unpacker = new Unpacker(folder, size);
        await readArchive(fileOf(hash), unpacker, signal);
        await unpacker.finish();
        return work(folder);
      });
    },
    async remove(hash) {
      await rm(fileOf(hash), { force: true });
    },
    async olderThan(time) {
      const old: string[] = [];
      for (const name of await readdir(kept)) {
        const found = await stat(join(kept, name)).catch(() => null);
        if (found && found.mtime < time && name.endsWith('.tar.gz')) old.push(name.slice(0, -'.tar.gz'.length));
      }
      return old;
    },
    async sweep(before) {
      for (const name of await readdir(temporaries)) {
        const path = join(temporaries, name);
        const found = await stat(path).catch(() => null);
        if (found && found.mtime < before) await rm(path, { recursive: true, force: true });
      }
    },
  };
}

/** `SOURCE_UNREACHABLE`: the snapshot of a deployment is gone. */
export function missing(): ContainrError {
  return new ContainrError({
    code: 'SOURCE_UNREACHABLE',
    status: 409,
    detail: 'The source of this deployment is not in the store any more.',
    hint: 'Push or upload it again.',
  });
}

/** What control planes that were killed were in the middle of. Their own pid is used again at worst: then the sweep takes it. */
async function removeOfDead(temporaries: string): Promise<void> {
  for (const name of await readdir(temporaries))
    if (!runs(Number.parseInt(name, 10))) await rm(join(temporaries, name), { recursive: true, force: true });
}

function runs(pid: number): boolean {
  // A name of an earlier version, whose process may still drain.
  if (!Number.isInteger(pid)) return true;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function checked(hash: string): string {
  if (!/^[0-9a-f]{64}$/.test(hash)) throw missing();
  return hash;
}

async function sizeOf(file: string): Promise<number | null> {
  const found = await stat(file).catch(() => null);
  return found?.size ?? null;
}

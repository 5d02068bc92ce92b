import type { Dirent } from 'node:fs';
import { lstatSync } from 'node:fs';
import { opendir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How a folder is watched. */
export interface DiskWatchOptions {
  readonly directory: string;
  readonly bytes: number;
  /** Processes that may hold files which they deleted. */
  pids(): readonly number[];
  /** It holds too much; the watch is over then. */
  over(detail: string): void;
}

/** Entries of which each costs some, whatever their size. */
const mostEntries = 20_000;
const everyMs = 1_000;
/** A look takes at most this share of the time. */
const share = 1 / 20;
const blockBytes = 512;
/** Read in one turn, and looked at there: waiting for each alone would take a hundred times as long. */
const entriesAtOnce = 256;

/**
 * Looks at what a folder holds, once a second, or less often when that takes long: blocks of files below it, also of those
 * that were deleted and are still open. Returns what ends the watch.
 */
export function watchDisk(options: DiskWatchOptions): () => void {
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  const again = (ms: number): void => {
    if (over) return;
    timer = setTimeout(() => void look(), ms);
    timer.unref();
  };
  const look = async (): Promise<void> => {
    const began = performance.now();
    const used = await usedBy(options);
    if (over) return;
    if (used.bytes > options.bytes || used.entries > mostEntries) {
      over = true;
      options.over(
        used.entries > mostEntries
          ? `Its folder holds more than ${mostEntries} files`
          : `Its folder holds ${megabytes(used.bytes)}, and may hold ${megabytes(options.bytes)}`,
      );
    }
    again(Math.max(everyMs, (performance.now() - began) / share));
  };
  again(everyMs);
  return () => {
    over = true;
    clearTimeout(timer);
  };
}

async function usedBy(options: DiskWatchOptions): Promise<{ bytes: number; entries: number }> {
  const { directory, bytes: most } = options;
  const used = { bytes: 0, entries: 0 };
  const folders = [directory];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const entry of entriesOf(folder)) {
      used.entries += 1;
      const path = join(folder, entry.name);
      // Never through a link: it could lead anywhere.
      if (entry.isDirectory()) folders.push(path);
      used.bytes += blocksOf(path) * blockBytes;
      if (used.bytes > most || used.entries > mostEntries) return used;
    }
  }
  for (const pid of options.pids()) used.bytes += await deletedBy(pid);
  return used;
}

function blocksOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.blocks ?? 0;
}

async function* entriesOf(folder: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(folder, { bufferSize: entriesAtOnce });
  } catch {
    // It was removed meanwhile.
  }
}

/** Bytes of files that a process holds open though they are deleted; 0 where the system does not tell. */
async function deletedBy(pid: number): Promise<number> {
  let bytes = 0;
  for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
    bytes += await stat(`/proc/${pid}/fd/${fd}`).then(
      (file) => (file.isFile() && file.nlink === 0 ? file.blocks * blockBytes : 0),
      gone,
    );
  }
  return bytes;
}

function gone(): number {
  return 0;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MB`;
}

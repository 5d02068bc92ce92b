import { readdirSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';

const quietMs = 25;
/** Folders with sources; what a build writes and what was installed are not looked at. */
const sources = ['src', 'ui', 'assets'];

/**
 * Paths of sources that changed in a plugin's folder, relative to it, many at once after an editor's burst. What changes while
 * the caller works comes with its next turn. Ends with the signal.
 */
export async function* changesIn(folder: string, signal: AbortSignal): AsyncGenerator<ReadonlySet<string>, undefined> {
  let changed = new Set<string>();
  let tell: () => void = () => undefined;
  const stop = watchSources(folder, (path) => {
    changed.add(path);
    tell();
  });
  const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  try {
    while (!signal.aborted) {
      if (changed.size === 0) await Promise.race([new Promise<void>((resolve) => (tell = resolve)), ended]);
      if (signal.aborted) break;
      await after(quietMs);
      const told = changed;
      changed = new Set();
      if (told.size > 0) yield told;
    }
  } finally {
    stop();
  }
  return undefined;
}

/** One watcher a folder, made as folders come: watching recursively misses files that are replaced by a rename. */
function watchSources(folder: string, changed: (path: string) => void): () => void {
  const watchers = new Map<string, FSWatcher>();
  function look(path: string): void {
    if (!watchers.has(path)) {
      const watcher = watch(join(folder, path), (event, name) => {
        const file = path === '' ? (name ?? '') : `${path}/${name ?? ''}`;
        if (event === 'rename') {
          // It may have gone, or be another folder of the same name now.
          forget(file);
          lookAgain();
        }
        if (isSource(file)) changed(file);
      });
      watcher.on('error', () => forget(path));
      watchers.set(path, watcher);
    }
    for (const entry of readdirSync(join(folder, path), { withFileTypes: true }))
      if (entry.isDirectory() && (path !== '' || sources.includes(entry.name)))
        look(path === '' ? entry.name : `${path}/${entry.name}`);
  }
  function lookAgain(): void {
    try {
      look('');
    } catch {
      // A folder went while it was read; the event of that looks again.
    }
  }
  function forget(path: string): void {
    watchers.get(path)?.close();
    watchers.delete(path);
  }
  look('');
  return () => [...watchers.keys()].forEach(forget);
}

function isSource(path: string): boolean {
  return (
    path === 'package.json' || (/^(?:src|ui|assets)(?:\/.|$)/.test(path) && !/\.test\.ts$|(?:^|\/)\.|~$/.test(path))
  );
}

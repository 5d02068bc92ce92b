import { watch } from 'node:fs/promises';
import { setTimeout as after } from 'node:timers/promises';

const quietMs = 25;

/**
 * Paths of sources that changed in a plugin's folder, relative to it, many at once after an editor's burst. What changes while
 * the caller works comes with its next turn. Ends with the signal.
 */
export async function* changesIn(folder: string, signal: AbortSignal): AsyncGenerator<ReadonlySet<string>, undefined> {
  let changed = new Set<string>();
  let tell: () => void = () => undefined;
  const ended = (async () => {
    try {
      for await (const { filename } of watch(folder, { recursive: true, signal })) {
        const path = filename?.replaceAll('\\', '/') ?? '';
        if (!isSource(path)) continue;
        changed.add(path);
        tell();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  })();
  while (!signal.aborted) {
    if (changed.size === 0) await Promise.race([new Promise<void>((resolve) => (tell = resolve)), ended]);
    if (signal.aborted) break;
    await after(quietMs);
    const told = changed;
    changed = new Set();
    if (told.size > 0) yield told;
  }
  await ended;
  return undefined;
}

function isSource(path: string): boolean {
  return path === 'package.json' || (/^(?:src|ui|assets)\//.test(path) && !/\.test\.ts$|(?:^|\/)\.|~$/.test(path));
}

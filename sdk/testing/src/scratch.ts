import { rmSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endLeftRunning } from './left-running.ts';

const folderName = /^containr-[a-z]+-(\d+)-/;
let tidied: Promise<void> | undefined;
const own = new Set<string>();

/**
 * Makes a folder of this process in the temporary one, `containr-<what>-<pid>-…`; `what` is a word. Whoever makes it removes it;
 * what is left of it when the process ends goes then. What processes that were killed left there is removed first, once.
 */
export async function scratchFolder(what: string): Promise<string> {
  await (tidied ??= removeAbandoned());
  const folder = await mkdtemp(join(tmpdir(), `containr-${what}-${process.pid}-`));
  if (own.size === 0) process.once('exit', removeOwn);
  own.add(folder);
  return folder;
}

function removeOwn(): void {
  for (const folder of own) rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}

// A test process that was killed could not tidy up.
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(folderName.exec(name)?.[1] ?? 0);
    if (pid === 0 || running(pid)) continue;
    const folder = join(tmpdir(), name);
    endLeftRunning(folder);
    // Another process that tidies may be at it too.
    await rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  }
}

function running(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

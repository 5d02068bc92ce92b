import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rmdir, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CellGroup } from './cell.ts';

const sweepAfterMs = 60_000;

/**
 * The hierarchies in which limits can be set: the unified one where it has the memory controller, else the old ones.
 * Empty when there are none.
 */
export async function groupHierarchies(root = '/sys/fs/cgroup'): Promise<string[]> {
  const unified = await readFile(`${root}/cgroup.controllers`, 'utf8').catch(() => '');
  if (unified.split(/\s+/).includes('memory')) return [root];
  return ['memory', 'pids', 'cpu']
    .map((controller) => `${root}/${controller}`)
    .filter((directory) => existsSync(`${directory}/cgroup.procs`));
}

/** Makes the group and sets its limits; a limit that this kernel lacks is left out. */
export function createGroup(group: CellGroup): void {
  for (const directory of group.directories) {
    const parent = directory.slice(0, directory.lastIndexOf('/'));
    if (existsSync(`${parent}/cgroup.subtree_control`))
      writeLimit(parent, 'cgroup.subtree_control', '+memory +pids +cpu');
    mkdirSync(directory, { recursive: true });
    const memory = String(group.memoryBytes);
    writeLimit(directory, 'memory.max', memory);
    writeLimit(directory, 'memory.swap.max', '0');
    writeLimit(directory, 'memory.limit_in_bytes', memory);
    writeLimit(directory, 'memory.memsw.limit_in_bytes', memory);
    writeLimit(directory, 'pids.max', String(group.processes));
    const quota = Math.max(1000, Math.round(group.cpu * 100_000));
    writeLimit(directory, 'cpu.max', `${quota} 100000`);
    writeLimit(directory, 'cpu.cfs_quota_us', String(quota));
  }
}

function writeLimit(directory: string, file: string, value: string): void {
  const path = `${directory}/${file}`;
  if (!existsSync(path)) return;
  try {
    writeFileSync(path, value);
  } catch {
    // A kernel may refuse one limit and keep the others.
  }
}

/**
 * Runs `start` as a member of the group and leaves it again, so that what `start` forks is in the group from its first
 * instruction. Synchronous: nothing else of this process may fork meanwhile.
 */
export function startInGroup<T>(group: CellGroup | null, start: () => T): T {
  const own = ownGroups();
  const directories = group?.directories ?? [];
  for (const directory of directories) writeFileSync(`${directory}/cgroup.procs`, '0');
  try {
    return start();
  } finally {
    for (const directory of directories) writeFileSync(`${homeOf(directory, own)}/cgroup.procs`, '0');
  }
}

// Lines `id:controllers:path`; the unified hierarchy has no controllers.
function ownGroups(): Map<string, string> {
  const lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, controllers = '', path = '/'] = line.split(':');
      return controllers.split(',').map((controller): [string, string] => [controller, path]);
    }),
  );
}

function homeOf(directory: string, own: ReadonlyMap<string, string>): string {
  const hierarchy = directory.slice(0, directory.lastIndexOf('/'));
  const controller = hierarchy.slice(hierarchy.lastIndexOf('/') + 1);
  return `${hierarchy}${own.get(controller) ?? own.get('') ?? '/'}`;
}

/** How often the kernel ended a member for want of memory. */
export function memoryKills(group: CellGroup | null): number {
  for (const directory of group?.directories ?? []) {
    for (const file of ['memory.events', 'memory.oom_control']) {
      const path = `${directory}/${file}`;
      if (!existsSync(path)) continue;
      const found = /^oom_kill (\d+)$/m.exec(readFileSync(path, 'utf8'));
      if (found) return Number(found[1]);
    }
  }
  return 0;
}

/** Ends every member and removes the group. */
export async function removeGroup(directories: readonly string[]): Promise<void> {
  const deadline = performance.now() + 5000;
  for (const directory of directories) {
    while (existsSync(directory)) {
      try {
        for (const pid of readFileSync(`${directory}/cgroup.procs`, 'utf8').split('\n'))
          if (pid !== '') process.kill(Number(pid), 'SIGKILL');
      } catch {
        // A member may be gone already.
      }
      try {
        rmdirSync(directory);
      } catch {
        if (performance.now() > deadline) return;
        await sleep(10);
      }
    }
  }
}

/** Removes groups without members that supervisors of the past could not; the kernel refuses to remove one in use. */
export async function sweepGroups(hierarchies: readonly string[], now: Date): Promise<void> {
  for (const hierarchy of hierarchies) {
    for (const name of await readdir(hierarchy)) {
      const directory = `${hierarchy}/${name}`;
      if (!name.startsWith('containr-')) continue;
      const found = await stat(directory).catch(() => null);
      if (found && now.getTime() - found.mtimeMs > sweepAfterMs) await rmdir(directory).catch(() => undefined);
    }
  }
}

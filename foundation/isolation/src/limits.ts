import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What the processes of one plugin may use together. */
export interface Limits {
  readonly memoryBytes: number;
  /** Share of one core; 1 is a whole one. */
  readonly cpus: number;
  readonly processes: number;
}

/** Control groups of one plugin. */
export interface LimitGroup {
  /** What the system enforces. */
  readonly enforced: { readonly memory: boolean; readonly cpu: boolean; readonly processes: boolean };
  /** Puts a process, and what it starts from then on, under the limits. */
  add(pid: number): void;
  /** Whether the system ended a process because the memory of all ran out. */
  ranOut(): boolean;
  /** Removes the groups; their processes have ended. */
  remove(): void;
}

const root = '/sys/fs/cgroup';

const prefix = 'containr-plugin';
const swept = new Set<string>();
let made = 0;

/** Makes control groups below this process's own; where the system does not let it, nothing is enforced. */
export function limitGroup(plugin: string, limits: Limits): LimitGroup {
  made += 1;
  const name = `${prefix}-${process.pid}-${made}-${plugin}`;
  const folders = {
    memory: make('memory', name, (folder, v2) => {
      writeFileSync(join(folder, v2 ? 'memory.max' : 'memory.limit_in_bytes'), `${limits.memoryBytes}`);
    }),
    cpu: make('cpu', name, (folder, v2) => {
      const quota = Math.round(limits.cpus * 100_000);
      if (v2) writeFileSync(join(folder, 'cpu.max'), `${quota} 100000`);
      else {
        writeFileSync(join(folder, 'cpu.cfs_period_us'), '100000');
        writeFileSync(join(folder, 'cpu.cfs_quota_us'), `${quota}`);
        writeFileSync(join(folder, 'cpu.shares'), '128');
      }
    }),
    processes: make('pids', name, (folder) => writeFileSync(join(folder, 'pids.max'), `${limits.processes}`)),
  };
  const all = [...new Set(Object.values(folders).filter((folder) => folder !== null))];
  return {
    enforced: {
      memory: folders.memory !== null,
      cpu: folders.cpu !== null,
      processes: folders.processes !== null,
    },
    add(pid) {
      for (const folder of all) writeFileSync(join(folder, 'cgroup.procs'), `${pid}`);
    },
    ranOut: () => folders.memory !== null && endedByMemory(folders.memory),
    remove() {
      for (const folder of all) removeFolder(folder);
    },
  };
}

/** The kernel counts in `memory.events` (version 2) or `memory.oom_control` (version 1) what it ended. */
function endedByMemory(folder: string): boolean {
  for (const file of ['memory.events', 'memory.oom_control']) {
    try {
      const count = /^oom_kill (\d+)/m.exec(readFileSync(join(folder, file), 'utf8'))?.[1];
      if (Number(count ?? 0) > 0) return true;
    } catch {
      // The other version's file.
    }
  }
  return false;
}

function make(controller: string, name: string, limit: (folder: string, v2: boolean) => void): string | null {
  for (const { parent, v2 } of parents(controller)) {
    const folder = join(parent, name);
    sweep(parent);
    try {
      mkdirSync(folder, { recursive: true });
      limit(folder, v2);
      return folder;
    } catch {
      // Not ours to limit with: the plugin's document says so.
      removeFolder(folder);
    }
  }
  return null;
}

/** Where this process's groups are, for either version of control groups. */
function* parents(controller: string): Generator<{ parent: string; v2: boolean }> {
  let lines: string[];
  try {
    lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n');
  } catch {
    return;
  }
  for (const line of lines) {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers.split(',').includes(controller)) {
      const own = join(root, controller, path);
      if (existsSync(own)) yield { parent: own, v2: false };
    } else if (controllers === '') {
      // A group of version 2 has either processes or children: a sibling is the place, when it is delegated.
      const own = join(root, path);
      if (existsSync(join(own, 'cgroup.controllers'))) yield { parent: dirname(own), v2: true };
    }
  }
}

/** Removes what control planes that were killed left in a folder; once a process. */
function sweep(parent: string): void {
  if (swept.has(parent)) return;
  swept.add(parent);
  for (const name of readdirSync(parent)) {
    const owner = new RegExp(`^${prefix}-(\\d+)-`).exec(name)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) removeFolder(join(parent, name));
  }
}

function removeFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Its last process is still ending: it is asked for again, and swept by the next control plane.
  }
}

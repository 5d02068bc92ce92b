import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What the processes of one plugin may use together. */
export interface Limits {
  readonly memoryBytes: number;
  /** Share of one core; 1 is a whole one. */
  readonly cpus: number;
  readonly processes: number;
  /** Open files and sockets of one process. */
  readonly files: number;
  /** Largest file that it may write. */
  readonly fileBytes: number;
  /** What its own folder may hold, in bytes on disk. */
  readonly diskBytes: number;
}

/** Control groups of one plugin. */
export interface LimitGroup {
  /** What the system enforces. */
  readonly enforced: { readonly memory: boolean; readonly cpu: boolean; readonly processes: boolean };
  /** Puts a process, and what it starts from then on, under the limits. */
  add(pid: number): void;
  /** Lets it before others when processors are short, or behind them again. */
  favour(on: boolean): void;
  /** Whether the system ended a process because the memory of all ran out. */
  ranOut(): boolean;
  /** Most memory that all used together so far, in bytes; `null` when the system does not tell. */
  peakBytes(): number | null;
  /** Removes the groups; their processes have ended. */
  remove(): void;
}

/** Limits of a plugin that asks for nothing else. */
export const defaultLimits: Limits = {
  memoryBytes: 256 * 1_048_576,
  cpus: 1,
  processes: 64,
  files: 512,
  fileBytes: 256 * 1_048_576,
  diskBytes: 1024 * 1_048_576,
};

const root = '/sys/fs/cgroup';

/** Shares of the processors when they are short: a group of somebody else has 1024 (version 1) or 100 (version 2). */
const weights = { v1: { behind: 128, before: 8192 }, v2: { behind: 12, before: 800 } };
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
      if (v2) {
        writeFileSync(join(folder, 'cpu.max'), `${quota} 100000`);
        writeFileSync(join(folder, 'cpu.weight'), `${weights.v2.behind}`);
      } else {
        writeFileSync(join(folder, 'cpu.cfs_period_us'), '100000');
        writeFileSync(join(folder, 'cpu.cfs_quota_us'), `${quota}`);
        writeFileSync(join(folder, 'cpu.shares'), `${weights.v1.behind}`);
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
    favour(on) {
      if (folders.cpu === null) return;
      const v2 = existsSync(join(folders.cpu, 'cpu.weight'));
      const weight = weights[v2 ? 'v2' : 'v1'][on ? 'before' : 'behind'];
      try {
        writeFileSync(join(folders.cpu, v2 ? 'cpu.weight' : 'cpu.shares'), `${weight}`);
      } catch {
        // The group is gone: its processes ended.
      }
    },
    ranOut: () => folders.memory !== null && endedByMemory(folders.memory),
    peakBytes: () => (folders.memory === null ? null : peakOf(folders.memory)),
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

function peakOf(folder: string): number | null {
  for (const file of ['memory.peak', 'memory.max_usage_in_bytes']) {
    try {
      return Number(readFileSync(join(folder, file), 'utf8'));
    } catch {
      // The other version's file, or a kernel that does not tell.
    }
  }
  return null;
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

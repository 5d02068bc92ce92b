import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';

/** One line of the kernel's process table. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Ticks after boot: with the pid it names a process for ever. */
  readonly startTicks: string;
}

/** The process with a pid; `null` when there is none or it is only waited for. */
export function processEntry(pid: number): ProcessEntry | null {
  try {
    return parse(pid, readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return null;
  }
}

// The second field is the program's name in brackets and may hold anything.
function parse(pid: number, stat: string): ProcessEntry | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  const startTicks = fields[19];
  if (parent === undefined || startTicks === undefined || state === 'Z' || state === 'X') return null;
  return { pid, parent: Number(parent), startTicks };
}

/** A process and all that descend from it, parents first. */
export async function processTree(root: number): Promise<number[]> {
  const entries: ProcessEntry[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const entry = processEntry(Number(name));
    if (entry) entries.push(entry);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...entries.filter((entry) => entry.parent === pid).map((entry) => entry.pid));
  return tree;
}

/** The one child of a process, `depth` times; `null` when it is not there (yet). */
export function descendant(pid: number, depth: number): number | null {
  let current = pid;
  for (let level = 0; level < depth; level += 1) {
    try {
      const [child] = readFileSync(`/proc/${current}/task/${current}/children`, 'utf8').split(' ');
      if (!child) return null;
      current = Number(child);
    } catch {
      return null;
    }
  }
  return current;
}

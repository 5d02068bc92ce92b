import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** A process and all below it, oldest first; from the kernel's own lists, which the processes can't change. */
export function family(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number);
    return [pid, ...children.filter((child) => child > 0).flatMap(family)];
  } catch {
    return [pid];
  }
}

/** Resident memory of processes, in bytes; `null` when none is there. */
export function resident(pids: readonly number[]): number | null {
  let bytes = 0;
  for (const pid of pids) {
    try {
      bytes += Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
    } catch {
      // It ended in between.
    }
  }
  return bytes === 0 ? null : bytes;
}

/** Ends a process at once. */
export function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Sets the niceness of a process. Each thread has one of its own, and hands it to those that it starts. */
export function rank(pid: number, niceness: number): void {
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), niceness);
  } catch {
    // It ended, or this user may not.
  }
}

import { existsSync, readFileSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { createGroup, groupHierarchies } from './control-group.ts';

/** Each limit with the files that hold it, and what has to stand there once it is set. */
const known = [
  { name: 'memory', files: ['memory.max', 'memory.limit_in_bytes'], value: 67_108_864 },
  { name: 'processor', files: ['cpu.max', 'cpu.cfs_quota_us'], value: 50_000 },
  { name: 'processes', files: ['pids.max'], value: 100 },
] as const;

/**
 * The hierarchies in which control groups can be made, and the limits that hold there: tried on a group of our own and read back,
 * because a kernel may have a file and refuse what is written to it.
 */
export async function limitsThatHold(): Promise<{ hierarchies: string[]; limits: string[] }> {
  const hierarchies: string[] = [];
  const limits = new Set<string>();
  for (const hierarchy of await groupHierarchies()) {
    const trial = `${hierarchy}/containr-probe-${process.pid}`;
    try {
      createGroup({ name: 'probe', directories: [trial], memoryBytes: 67_108_864, cpu: 0.5, processes: 100 });
      for (const limit of known) if (holds(trial, limit)) limits.add(limit.name);
      await rmdir(trial);
      hierarchies.push(hierarchy);
    } catch {
      // Not ours to write: limits do not hold there, and the description says so.
    }
  }
  return { hierarchies, limits: known.map(({ name }) => name).filter((name) => limits.has(name)) };
}

function holds(group: string, limit: (typeof known)[number]): boolean {
  return limit.files.some((file) => {
    const path = `${group}/${file}`;
    return existsSync(path) && readFileSync(path, 'utf8').trim().split(' ')[0] === String(limit.value);
  });
}

import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContainrError } from '@containr/sdk';

/** Keeps a second agent off the folder; gives how to let go. A lock of a process that is gone is taken over. Throws `AGENT_RUNNING`. */
export function lockData(folder: string): () => void {
  const path = join(folder, 'agent.lock');
  const mine = `${process.pid} ${startOf(process.pid) ?? ''}`;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      writeFileSync(path, mine, { flag: 'wx', mode: 0o600 });
      return () => {
        if (readOwner(path) === mine) rmSync(path, { force: true });
      };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const owner = readOwner(path);
    if (owner !== null && isAlive(owner)) throw taken(folder, owner);
    // Moving it away is atomic: of two agents that find the same dead lock, one wins.
    const aside = `${path}.${process.pid}`;
    try {
      renameSync(path, aside);
      rmSync(aside, { force: true });
    } catch {
      // The other one won; look again.
    }
  }
  throw taken(folder, 'another agent');
}

function readOwner(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function isAlive(owner: string): boolean {
  const space = owner.indexOf(' ');
  const pid = Number(owner.slice(0, space));
  if (!Number.isInteger(pid) || pid <= 0) return false;
  const start = startOf(pid);
  return start !== null && start === owner.slice(space + 1);
}

/** When a process started, as the system tells it; `null` when there is none. Pids are used again, start times are not. */
function startOf(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? null : (fields[19] ?? null);
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

function taken(folder: string, owner: string): ContainrError {
  return new ContainrError({
    code: 'AGENT_RUNNING',
    status: 409,
    detail: `Another agent (process ${owner.split(' ')[0]}) uses ${folder}.`,
    hint: 'Stop it first, or give this one a folder of its own.',
  });
}

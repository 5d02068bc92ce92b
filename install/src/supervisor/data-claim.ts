import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from '@containr/postgres/process-identity';

const graceMs = 3000;
const pollMs = 20;

/** The lock on a data folder: one supervisor with its control planes. */
export interface DataClaim {
  /** Notes which control planes run, so that the next start finds one that did not end with its supervisor. */
  note(controlPlanes: readonly number[]): Promise<void>;
  release(): void;
}

/** Pid of the living supervisor that holds the folder. */
export interface Held {
  readonly heldBy: string;
}

/**
 * Claims a data folder for this process. What a supervisor that was killed has left is waited for, and ended when it does not
 * end by itself. Gives who holds the folder when that one lives.
 */
export async function claimData(folder: string): Promise<DataClaim | Held> {
  const file = join(folder, 'supervisor');
  const own = (await processIdentity(process.pid)) ?? `${process.pid} -`;
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, `${own}\n`, { mode: 0o600 });
  try {
    // Two at once: the link is made by one of them only.
    for (;;) {
      try {
        linkSync(fresh, file);
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const [holder = '', ...left] = linesOf(file);
      if (holder === own) break;
      if (await lives(holder)) return { heldBy: holder.split(' ')[0] ?? '' };
      // Where the system tells no start times, a stranger may have the pid: nobody is ended there.
      for (const one of left) if (!one.endsWith(' -')) await endLeft(one);
      // Renamed first: of two that find it stale, one takes it away.
      try {
        renameSync(file, `${fresh}.stale`);
      } catch {
        continue;
      }
      rmSync(`${fresh}.stale`, { force: true });
    }
  } finally {
    rmSync(fresh, { force: true });
  }
  return {
    async note(controlPlanes) {
      const identities = await Promise.all(controlPlanes.map((pid) => processIdentity(pid)));
      const lines = [own, ...identities.filter((one) => one !== null)];
      writeFileSync(fresh, `${lines.join('\n')}\n`, { mode: 0o600 });
      renameSync(fresh, file);
    },
    release: () => rmSync(file, { force: true }),
  };
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

async function lives(identity: string): Promise<boolean> {
  return identity !== '' && (await processIdentity(Number(identity.split(' ')[0]))) === identity;
}

async function endLeft(identity: string): Promise<void> {
  const until = Date.now() + graceMs;
  while (await lives(identity)) {
    if (Date.now() > until) kill(Number(identity.split(' ')[0]));
    await sleep(pollMs);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}

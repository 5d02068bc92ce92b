import { readdirSync, readFileSync } from 'node:fs';

const atExit = new Set<string>();

/** Rounds after which nobody is left who could start another one. */
const rounds = 3;

/** Ends what outlives agents on purpose (ingress, replicas), known by the test's own folder in its command line. */
export function endLeftRunning(folder: string): void {
  // What keeps a process running may start it once more before its own turn comes.
  for (let round = 0; round < rounds; round++) if (endOnce(folder) === 0) return;
}

function endOnce(folder: string): number {
  let ended = 0;
  for (const id of processIds()) {
    if (Number(id) === process.pid || !commandLine(id).some((argument) => argument.includes(`${folder}/`))) continue;
    try {
      process.kill(Number(id), 'SIGKILL');
      ended++;
    } catch {
      // It ended by itself meanwhile.
    }
  }
  return ended;
}

/** Ends it at the latest when this process does: a test that failed may not have stopped its platform. */
export function endWithProcess(folder: string): void {
  if (atExit.size === 0)
    // Before the folders themselves go.
    process.prependOnceListener('exit', () => atExit.forEach((folder) => endLeftRunning(folder)));
  atExit.add(folder);
}

function processIds(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function commandLine(id: string): readonly string[] {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

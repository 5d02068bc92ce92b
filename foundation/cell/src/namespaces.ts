import { spawnSync } from 'node:child_process';

/** Namespaces that this system lets a plugin's process have. */
export interface Namespaces {
  /** Network, processes and shared memory of its own. */
  readonly apart: boolean;
  /** `/proc` shows no process but its own. */
  readonly ownProc: boolean;
  /** What to start it with. */
  readonly command: readonly string[];
}

let found: Namespaces | undefined;

/** Finds out, once, what the system allows; an ordinary user gets them inside a user namespace, where that is allowed. */
export function namespaces(): Namespaces {
  found ??= [candidate(true), candidate(false)].find(works) ?? { apart: false, ownProc: false, command: [] };
  return found;
}

function candidate(ownProc: boolean): Namespaces {
  const user = process.getuid?.() === 0 ? [] : ['--user'];
  const proc = ownProc ? ['--mount-proc'] : [];
  return {
    apart: true,
    ownProc,
    command: ['/usr/bin/unshare', ...user, '-n', '-p', '-f', '-i', ...proc, '--kill-child=KILL', '--'],
  };
}

function works({ command: [program = '', ...args] }: Namespaces): boolean {
  return spawnSync(program, [...args, '/bin/true'], { timeout: 5000 }).status === 0;
}

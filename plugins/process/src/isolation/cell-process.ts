import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { cellArguments, signalDepth } from './chain.ts';
import type { Cell } from './cell.ts';
import { hasView } from './cell.ts';
import { startInGroup } from './control-group.ts';
import { descendant, processTree } from './process-table.ts';
import { cellScript } from './script.ts';

const privilegedEnvironment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/** A command that runs in a cell. */
export interface CellProcess {
  readonly child: ChildProcess;
  /** Sends a signal to the command, through the init when there is one. */
  signal(name: NodeJS.Signals): void;
  /** Ends the command and all it started. */
  kill(): Promise<void>;
}

/**
 * Starts a command in a cell. The programs on the way in run with an environment of their own: what a user set (`LD_PRELOAD`)
 * works only after privileges are gone.
 */
export function startInCell(
  cell: Cell,
  variables: Readonly<Record<string, string>>,
  command: string | readonly string[],
  output: 'pipe' | 'inherit',
): CellProcess {
  const [program, ...rest] = cellArguments(cell);
  const stdio: StdioOptions = ['pipe', output, output];
  const child = startInGroup(cell.group, () =>
    spawn(program, rest, {
      env: privilegedEnvironment,
      stdio,
      detached: true,
      ...(hasView(cell.kind) ? {} : { cwd: cell.workingDirectory }),
    }),
  );
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(cellScript(variables, command));
  return { child, signal: (name) => signalCell(cell, child, name), kill: () => killCell(cell, child) };
}

function signalCell(cell: Cell, child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  const depth = signalDepth(cell);
  const target = depth === null ? -child.pid : descendant(child.pid, depth);
  if (target !== null) sendSignal(target, name);
}

async function killCell(cell: Cell, child: ChildProcess): Promise<void> {
  const namespaced = signalDepth(cell) !== null;
  if (child.pid === undefined || (namespaced && child.exitCode !== null)) return;
  // With a pid namespace the kernel ends the rest; without, whoever left the group is found by descent.
  const rest = namespaced ? [] : await processTree(child.pid);
  sendSignal(-child.pid, 'SIGKILL');
  for (const pid of rest) sendSignal(pid, 'SIGKILL');
}

/** Sends a signal; a process that is gone is no error. */
export function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already.
  }
}

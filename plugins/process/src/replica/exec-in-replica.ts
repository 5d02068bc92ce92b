import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ContainrError } from '@containr/sdk';
import type { ExecRequest } from '@containr/sdk/contracts';
import type { BuildIo } from '../build/builds.ts';
import { hasView } from '../isolation/cell.ts';
import { entryArguments } from '../isolation/enter.ts';
import { sendSignal } from '../isolation/cell-process.ts';
import { descendant, processTree } from '../isolation/process-table.ts';
import { cellScript } from '../isolation/script.ts';
import type { ReplicaRecord } from './replica-record.ts';

const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
const enteringMs = 5000;

/**
 * Runs a command in the namespaces, as the user and in the control groups of a replica that runs. An abort ends it with all that it
 * started. Throws `CONFLICT_NOT_RUNNING`, or `CANCELLED` on an abort.
 */
export async function execInReplica(
  record: ReplicaRecord | null,
  request: ExecRequest,
  io: BuildIo,
): Promise<{ exitCode: number }> {
  io.signal.throwIfAborted();
  const { entry } = record ?? {};
  if (!record || record.state !== 'running' || record.child === null || !entry) throw notRunning(request.replica);
  // The init of its namespaces, where there is one.
  const inside = descendant(record.child, entry.depth);
  if (inside === null) throw notRunning(request.replica);
  const [program, ...rest] = entryArguments(entry, inside);
  const cwd = hasView(entry.kind) ? '/' : entry.workingDirectory;
  const child = spawn(program, rest, { env: environment, cwd, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  child.stdin.on('error', () => undefined);
  const end = (): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const { pid } = child;
    void processTree(pid).then((tree) => tree.forEach((one) => sendSignal(one, 'SIGKILL')));
  };
  io.signal.addEventListener('abort', end, { once: true });
  try {
    const exited = new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
    const read = (['stdout', 'stderr'] as const).map((stream) => {
      const lines = createInterface({ input: child[stream], crlfDelay: Infinity });
      lines.on('line', (line) => io.output(line, stream));
      return new Promise<void>((resolve) => lines.on('close', () => resolve()));
    });
    // It waits for its script, so nothing of it runs outside the limits.
    if (record.groups.length > 0) await joinGroups(child.pid, entry.kind === 'namespaces' ? 1 : 0, record.groups);
    const variables = { ...request.variables, ...entry.variables };
    child.stdin.end(cellScript(variables, request.command));
    const exitCode = await exited;
    // What it left running may hold the pipes for ever.
    await Promise.race([Promise.all(read), sleep(1000, undefined, { ref: false })]);
    if (io.signal.aborted) throw cancelled();
    return { exitCode };
  } finally {
    io.signal.removeEventListener('abort', end);
    end();
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

async function joinGroups(pid: number | undefined, depth: number, groups: readonly string[]): Promise<void> {
  const deadline = performance.now() + enteringMs;
  for (;;) {
    const innermost = pid === undefined ? null : descendant(pid, depth);
    if (innermost !== null) {
      for (const group of groups) writeFileSync(`${group}/cgroup.procs`, String(innermost));
      return;
    }
    if (performance.now() > deadline) throw failed('The command did not get into the replica within 5 s.');
    await sleep(5);
  }
}

function notRunning(replica: string): ContainrError {
  return new ContainrError({
    code: 'CONFLICT_NOT_RUNNING',
    status: 409,
    detail: `The replica ${replica} does not run, so nothing can be run in it.`,
    hint: 'Choose one that runs; a replica of an earlier version of Containr can be entered after the next deployment.',
  });
}

function failed(detail: string): ContainrError {
  return new ContainrError({ code: 'EXEC_FAILED', status: 500, detail, hint: 'See the log of the node’s agent.' });
}

function cancelled(): ContainrError {
  return new ContainrError({
    code: 'CANCELLED',
    status: 409,
    detail: 'The command was cancelled.',
    hint: 'Start it again when it is wanted.',
  });
}

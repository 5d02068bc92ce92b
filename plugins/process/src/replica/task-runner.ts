import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { ContainrError } from '@containr/sdk';
import type { Cell } from '../isolation/cell.ts';
import type { Supervision, TaskSupervision } from './supervision.ts';

const impatienceMs = 300;

/** How supervisors are started on this node. */
export class SupervisorProgram {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Arguments of a supervisor for a cell; it needs mounts of its own where it builds the view. `linked`: it dies with this process. */
  arguments(cell: Cell, linked: boolean): [string, ...string[]] {
    const own = [
      '--conditions=containr-src',
      '--max-semi-space-size=1',
      '--max-old-space-size=48',
      '--no-warnings',
      this.#file,
    ] as const;
    const link = linked && cell.kind !== 'none' ? ['setpriv', '--pdeathsig', 'KILL'] : [];
    const mounts = cell.kind === 'namespaces' ? ['unshare', '--mount', '--propagation', 'private'] : [];
    const [program, ...rest] = [...link, ...mounts, process.execPath, ...own];
    return [program ?? process.execPath, ...rest];
  }
}

/** The supervisor's own environment: nothing that was set for the agent, nothing that a user set. */
export const supervisorEnvironment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/** Runs single commands in cells, as children of the agent: they end with it. */
export class TaskRunner {
  readonly #program: SupervisorProgram;

  constructor(program: SupervisorProgram) {
    this.#program = program;
  }

  /** Runs to the end and gives the exit code. An abort ends the whole tree and throws `CANCELLED`. */
  async run(
    task: TaskSupervision,
    signal: AbortSignal,
    onLine: (text: string, stream: 'stdout' | 'stderr') => void,
  ): Promise<number> {
    signal.throwIfAborted();
    const [program, ...rest] = this.#program.arguments(task.cell, true);
    const child = spawn(program, rest, {
      env: supervisorEnvironment,
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const supervision: Supervision = task;
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify(supervision));
    const read = (['stdout', 'stderr'] as const).map((stream) => {
      const lines = createInterface({ input: child[stream], crlfDelay: Infinity });
      lines.on('line', (line) => onLine(line, stream));
      return new Promise<void>((resolve) => lines.on('close', () => resolve()));
    });
    let impatience: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      child.kill('SIGTERM');
      // Its death takes the tree along where there is a parent-death signal.
      impatience = setTimeout(() => child.kill('SIGKILL'), impatienceMs);
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const exitCode = await new Promise<number>((resolve, reject) => {
        child.on('error', reject);
        child.on('exit', (code) => resolve(code ?? 137));
      });
      // A daemon that kept the pipe must not keep the build.
      await Promise.race([Promise.all(read), new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
      if (signal.aborted) throw cancelled();
      return exitCode;
    } finally {
      clearTimeout(impatience);
      signal.removeEventListener('abort', cancel);
      child.stdout.destroy();
      child.stderr.destroy();
    }
  }
}

/** A name for a task's control group. */
export function taskName(): string {
  return `run-${randomUUID()}`;
}

function cancelled(): ContainrError {
  return new ContainrError({
    code: 'CANCELLED',
    status: 409,
    detail: 'The work was cancelled.',
    hint: 'Start it again when it is wanted.',
  });
}

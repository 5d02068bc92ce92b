import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ContainrError } from '../errors.ts';
import type { Exec, ExecOptions, ExecResult } from '../exec.ts';
import type { Logger } from '../log.ts';
import { collect } from './output.ts';
import { createRedactor } from './redactor.ts';

const graceMs = 2000;
const defaultMaxBytes = 10 * 1024 * 1024;

/** What holds for every process that one `Exec` starts. */
export interface ExecDefaults {
  /** Value of PATH where a call gives none; this process's own by default. */
  readonly path?: string;
  readonly log: Logger;
}

/** Makes an {@link Exec}: argument arrays only, each process in a group of its own that is ended as a whole. */
export function createExec(defaults: ExecDefaults): Exec {
  const groups = new Set<number>();
  const endAll = () => groups.forEach((group) => signalGroup(group, 'SIGKILL'));
  return async (argv, options) => {
    if (options.signal?.aborted) throw aborted(argv[0], options.signal.reason);
    const child = start(argv, options, defaults.path ?? process.env['PATH'] ?? '/usr/bin:/bin');
    const group = child.pid;
    if (group === undefined) throw await notStarted(child, argv[0], options.cwd);
    if (groups.size === 0) process.on('exit', endAll);
    groups.add(group);
    const began = performance.now();
    try {
      const result = await waitFor(child, group, argv[0], {
        ...options,
        onLine: guarded(options.onLine, defaults.log),
      });
      defaults.log.debug(
        { program: argv[0], exitCode: result.exitCode, ms: Math.round(performance.now() - began) },
        'Ran a program',
      );
      return result;
    } finally {
      groups.delete(group);
      if (groups.size === 0) process.off('exit', endAll);
    }
  };
}

function start(argv: readonly [string, ...string[]], options: ExecOptions, path: string): ChildProcess {
  const [program, ...rest] = argv;
  return spawn(program, rest, {
    cwd: options.cwd,
    env: { PATH: path, ...options.env },
    uid: options.uid,
    gid: options.gid,
    detached: true,
    stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
}

type OnLine = NonNullable<ExecOptions['onLine']>;

// A listener's mistake must not become an exception that nobody can catch.
function guarded(onLine: OnLine | undefined, log: Logger): OnLine {
  return (text, stream) => {
    try {
      onLine?.(text, stream);
    } catch (error) {
      log.error({ error }, 'A listener of output lines failed');
    }
  };
}

async function waitFor(child: ChildProcess, group: number, program: string, options: ExecOptions): Promise<ExecResult> {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  let cause: ContainrError | undefined;
  let killTimer: NodeJS.Timeout | undefined;
  function stop(why: ContainrError): void {
    if (cause) return;
    cause = why;
    signalGroup(group, 'SIGTERM');
    killTimer = setTimeout(() => {
      signalGroup(group, 'SIGKILL');
      // A descendant that left the group may still hold the pipes: do not wait for it.
      killTimer = setTimeout(end, 200);
    }, graceMs);
  }
  const onAbort = () => stop(aborted(program, options.signal?.reason));
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const deadline = setTimeout(() => stop(timedOut(program, options.timeoutMs)), options.timeoutMs);
  child.on('error', () => undefined);
  child.on('close', () => end());
  const keep = { maxBytes: options.maxBytes ?? defaultMaxBytes };
  const outputs = (['stdout', 'stderr'] as const).map((name) =>
    collect(child[name], {
      ...keep,
      redactor: createRedactor(options.redact ?? []),
      onLine: (text) => options.onLine?.(text, name),
    }),
  );
  feed(child, options.stdin);
  try {
    await ended;
  } finally {
    clearTimeout(deadline);
    clearTimeout(killTimer);
    options.signal?.removeEventListener('abort', onAbort);
    child.stdout?.destroy();
    child.stderr?.destroy();
    // Members of the group that closed their pipes would outlive a stopped program.
    if (cause) signalGroup(group, 'SIGKILL');
  }
  const [stdout = '', stderr = ''] = outputs.map((output) => output.end());
  if (cause) throw cause;
  return { exitCode: child.exitCode, signal: child.signalCode, stdout, stderr };
}

function feed(child: ChildProcess, stdin: ExecOptions['stdin']): void {
  if (stdin === undefined || !child.stdin) return;
  const source = typeof stdin === 'string' || stdin instanceof Uint8Array ? [stdin] : stdin;
  // A program may end without reading everything; its exit code tells whether that matters.
  pipeline(Readable.from(source), child.stdin).catch(() => undefined);
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // The whole group is gone already.
  }
}

function notStarted(child: ChildProcess, program: string, cwd: string | undefined): Promise<ContainrError> {
  return new Promise((resolve) => {
    child.on('error', (cause) => {
      const folder = cwd !== undefined && !existsSync(cwd);
      resolve(
        new ContainrError({
          code: 'EXEC_NOT_FOUND',
          status: 500,
          detail: folder
            ? `${program} can't start in ${cwd}: there is no such folder.`
            : `${program} can't be started: ${cause.message}.`,
          hint: folder ? 'Make the folder first.' : `Install ${program}, or check PATH.`,
          cause,
        }),
      );
    });
  });
}

function timedOut(program: string, ms: number): ContainrError {
  return new ContainrError({
    code: 'EXEC_TIMEOUT',
    status: 504,
    detail: `${program} did not end within ${ms} ms and was stopped.`,
    hint: 'Try again, or give it more time.',
  });
}

function aborted(program: string, cause: unknown): ContainrError {
  return new ContainrError({
    code: 'EXEC_ABORTED',
    status: 499,
    detail: `${program} was stopped because its work was cancelled.`,
    hint: 'Start it again.',
    cause,
  });
}

/** How a process is run: always an argument array, always a deadline. */
export interface ExecOptions {
  readonly cwd?: string;
  /** The whole environment; nothing is inherited but PATH unless given. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Called for each line of output, redacted. */
  readonly onLine?: (text: string, stream: 'stdout' | 'stderr') => void;
  /** Texts to replace by `[redacted]` in lines, results and errors. */
  readonly redact?: readonly string[];
  /** Largest kept stdout or stderr; the rest is dropped from the result. 10 MiB by default. */
  readonly maxBytes?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export interface ExecResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program and waits for it. No shell: `argv[0]` is the program, the rest its arguments.
 * A non-zero exit is a result, not a throw. Throws `EXEC_NOT_FOUND`, `EXEC_TIMEOUT`, `EXEC_ABORTED`.
 * The whole process group is ended at the deadline or abort.
 *
 * @example const { stdout } = await ctx.exec(['git', 'rev-parse', '--verify', '--end-of-options', ref], { cwd, timeoutMs: 5000 });
 */
export type Exec = (argv: readonly [string, ...string[]], options: ExecOptions) => Promise<ExecResult>;

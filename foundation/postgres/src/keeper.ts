import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program to be run, in a session of its own, with its output in a file. */
export interface KeptCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
  readonly cwd?: string;
  /** The whole environment; that of the process which starts it when left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly log: string;
  /** What the log's file holds already is dropped. */
  readonly freshLog?: boolean;
  /** Starts it again when it ends by itself. */
  readonly again?: boolean;
  /** Gives it a channel, whose end tells it that nobody keeps it any more. */
  readonly channel?: boolean;
}

/** A program that runs. */
export interface Kept {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  readonly running: boolean;
  /** Resolves when it ends by itself or is ended. */
  readonly ended: Promise<{ exitCode: number | null; signal: string | null }>;
}

/** Signals to end a program with, and how long each may take in ms. */
export type EndSteps = readonly (readonly [NodeJS.Signals, number])[];

/** Runs programs by name: in this process, or in one that outlives it. What is kept ends at the latest with the keeper. */
export interface Keeper {
  /** The process that keeps them. */
  readonly pid: number;
  /** The program of that name when it runs already. */
  find(name: string): Promise<Kept | null>;
  /** Starts a program; the one of that name that runs already is given instead. */
  start(name: string, command: KeptCommand): Promise<Kept>;
  /** Ends it, by each signal in turn until it is gone. */
  end(name: string, steps: EndSteps): Promise<void>;
}

/** Keeps programs as children of this process; they do not keep it running. */
export function ownKeeper(): Keeper {
  const all = new Map<string, Kept & { kill(signal: NodeJS.Signals): void }>();
  return {
    pid: process.pid,
    find: async (name) => all.get(name) ?? null,
    async start(name, command) {
      const present = all.get(name);
      if (present) return present;
      const log = await open(command.log, command.freshLog ? 'w' : 'a', 0o600);
      try {
        const { uid, gid, cwd, env } = command;
        const child = spawn(command.command, command.args, {
          ...(uid === undefined ? {} : { uid }),
          ...(gid === undefined ? {} : { gid }),
          ...(cwd === undefined ? {} : { cwd }),
          ...(env === undefined ? {} : { env }),
          detached: true,
          stdio: ['ignore', log.fd, log.fd],
        });
        const ended = new Promise<Awaited<Kept['ended']>>((resolve) => {
          child.once('error', () => resolve({ exitCode: null, signal: null }));
          child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
        });
        void ended.then(() => all.delete(name));
        child.unref();
        const kept = {
          pid: child.pid,
          ended,
          kill: (signal: NodeJS.Signals) => void child.kill(signal),
          get running() {
            return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
          },
        };
        all.set(name, kept);
        return kept;
      } finally {
        await log.close();
      }
    },
    async end(name, steps) {
      const kept = all.get(name);
      for (const [signal, ms] of steps) {
        if (!kept?.running) return;
        kept.kill(signal);
        // Waiting by a timer keeps this process up until it is done.
        const late = new AbortController();
        await Promise.race([kept.ended, sleep(ms, undefined, { signal: late.signal }).catch(() => undefined)]);
        late.abort();
      }
    },
  };
}

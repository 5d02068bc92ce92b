import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EndSteps, KeptCommand } from '@containr/postgres';

const shortestWaitMs = 200;
/** A program that ends sooner than this after its start is started again only then. */
const againMs = 5000;

/** How a program ended. */
export interface Ending {
  readonly name: string;
  readonly pid: number | undefined;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** It is started again. */
  readonly again: boolean;
}

interface Program {
  readonly command: KeptCommand;
  child: ChildProcess;
  ended: Promise<void>;
  ending: boolean;
  startedAt: number;
}

/** Programs that outlive control planes: the database and the agent of this machine. They end with this process. */
export class KeptPrograms {
  readonly #all = new Map<string, Program>();
  readonly #heard: (ending: Ending) => void;

  /** `heard` is told of each one that ends. */
  constructor(heard: (ending: Ending) => void) {
    this.#heard = heard;
  }

  /** Pid of the program of that name; `null` when none runs. */
  find(name: string): { pid: number | undefined } | null {
    const program = this.#all.get(name);
    return program ? { pid: program.child.pid } : null;
  }

  /** Starts a program; the one of that name that runs already is given instead. */
  start(name: string, command: KeptCommand): { pid: number | undefined } {
    const present = this.find(name);
    if (present) return present;
    const program = this.#run(name, command);
    this.#all.set(name, program);
    return { pid: program.child.pid };
  }

  /** Ends a program by each signal in turn until it is gone. */
  async end(name: string, steps: EndSteps): Promise<void> {
    const program = this.#all.get(name);
    if (!program) return;
    program.ending = true;
    for (const [signal, ms] of steps) {
      if (!runs(program.child)) break;
      program.child.kill(signal);
      await Promise.race([program.ended, sleep(ms, undefined, { ref: false })]);
    }
    this.#all.delete(name);
  }

  /** Ends everything that is left, the latest first. */
  async endAll(): Promise<void> {
    for (const name of [...this.#all.keys()].reverse())
      await this.end(name, [
        ['SIGINT', 20_000],
        ['SIGQUIT', 5000],
        ['SIGKILL', 5000],
      ]);
  }

  #run(name: string, command: KeptCommand): Program {
    const { uid, gid, cwd, env } = command;
    const log = openSync(command.log, command.freshLog ? 'w' : 'a', 0o600);
    // A session of its own: Ctrl-C in the terminal reaches only this process, which ends all in order.
    const child = spawn(command.command, command.args, {
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
      detached: true,
      stdio: command.channel ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
    });
    closeSync(log);
    const ended = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
      child.once('error', () => resolve({ exitCode: null, signal: null }));
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    });
    const program: Program = {
      command,
      child,
      ended: ended.then(() => undefined),
      ending: false,
      startedAt: Date.now(),
    };
    void ended.then((how) => this.#left(name, program, how));
    return program;
  }

  #left(name: string, program: Program, how: Pick<Ending, 'exitCode' | 'signal'>): void {
    const again = program.command.again === true && !program.ending;
    if (!again && this.#all.get(name) === program) this.#all.delete(name);
    this.#heard({ name, pid: program.child.pid, ...how, again });
    if (!again) return;
    const wait = Math.max(shortestWaitMs, program.startedAt + againMs - Date.now());
    setTimeout(() => {
      if (program.ending || this.#all.get(name) !== program) return;
      this.#all.set(name, this.#run(name, program.command));
    }, wait).unref();
  }
}

function runs(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

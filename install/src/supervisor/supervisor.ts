import type { CrashLimits } from './crash-policy.ts';
import { crashPolicy, usualCrashLimits } from './crash-policy.ts';
import type { ControlPlane, StartControlPlane } from './control-plane-process.ts';
import type { DataClaim } from './data-claim.ts';
import { claimData } from './data-claim.ts';
import { KeptPrograms } from './kept-programs.ts';
import type { Ask, Beginning, Change, Failure, InstallState, Reason, Serving } from './messages.ts';

/** What a supervisor is made of. */
export interface SupervisorOptions {
  /** Starts a control plane from the code that is on disk now. */
  readonly start: StartControlPlane;
  /** A sentence for who watches. */
  note(text: string): void;
  fail(failure: Failure): void;
  readonly crashes?: CrashLimits;
  /** How long a successor may take until it is ready, in ms; two minutes by default. */
  readonly readyMs?: number;
}

/** How long one may take to leave, in ms: it answers what it has begun, a push for example with the build that follows. */
const leaveMs = { retire: 900_000, stop: 60_000 } as const;
/** How long one that retires may still take when the install stops. */
const hurryMs = 10_000;

interface Run {
  readonly process: ControlPlane;
  readonly reason: Reason;
  readonly beginning: Beginning;
  readonly startedAt: Date;
  failure: Failure | null;
  timer?: NodeJS.Timeout;
}

/**
 * Keeps one control plane serving. It starts successors that take over, starts one again that crashed, and owns what outlives
 * them: the lock on the data folder, and the programs that they have it keep.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #programs: KeptPrograms;
  readonly #crashed: ReturnType<typeof crashPolicy>;
  readonly #over = Promise.withResolvers<number>();
  readonly #leaving = new Map<Run, NodeJS.Timeout>();
  #claim: Promise<DataClaim | { heldBy: string }> | null = null;
  #starting: Run | null = null;
  #serving: (Run & { readonly as: Serving }) | null = null;
  #change: Change | null = null;
  #generation = 0;
  #port: number | null = null;
  #fixedPort: number | null = null;
  #announced = false;
  #stopping = false;
  #exitCode = 0;
  #again: NodeJS.Timeout | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#crashed = crashPolicy(options.crashes ?? usualCrashLimits);
    this.#programs = new KeptPrograms((ending) =>
      (this.#serving ?? this.#starting)?.process.send({ tell: 'ended', ...ending }),
    );
  }

  /** Resolves with the exit code when all has ended. */
  get over(): Promise<number> {
    return this.#over.promise;
  }

  /** Starts the first control plane. */
  begin(): void {
    this.#start('first');
  }

  /** Starts a successor; gives a refusal when that cannot be now. */
  restart(by: string): Failure | null {
    if (this.#stopping || !this.#serving || this.#starting) {
      return {
        code: 'RESTART_UNDER_WAY',
        detail: this.#stopping ? 'The install stops.' : 'A control plane is being started already.',
        hint: 'See how it stands with `containr restart --status`, and try again when it is done.',
      };
    }
    const startedAt = new Date().toISOString();
    this.#changed({ reason: 'restart', status: 'starting', by, startedAt, endedAt: null, cause: null });
    this.#start('successor');
    return null;
  }

  /** Ends the control planes in order, then what they had kept. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    clearTimeout(this.#again);
    for (const [run, timer] of this.#leaving) {
      clearTimeout(timer);
      this.#leaving.set(
        run,
        setTimeout(() => run.process.kill(), hurryMs),
      );
    }
    // One that is not ready yet has nothing to drain.
    if (this.#starting) {
      if (!this.#serving) this.#exitCode = 130;
      this.#starting.process.kill();
    }
    if (this.#serving) this.#leave(this.#serving, 'stop');
    this.#finishWhenEmpty();
  }

  #start(reason: Reason): void {
    this.#generation += 1;
    const takesOver = this.#serving ? this.#port : null;
    const process = this.#options.start({
      asked: (what) => this.#answer(run, what),
      exited: (exitCode, signal) => this.#exited(run, exitCode, signal),
    });
    const beginning = {
      reason,
      generation: this.#generation,
      takesOver,
      port: this.#fixedPort,
      announce: !this.#announced,
    };
    const run: Run = { process, reason, beginning, startedAt: new Date(), failure: null };
    this.#starting = run;
    if (reason === 'successor') {
      const limit = this.#options.readyMs ?? 120_000;
      run.timer = setTimeout(() => {
        run.failure = {
          code: 'NOT_READY_IN_TIME',
          detail: `The new control plane was not ready within ${Math.round(limit / 1000)} s.`,
          hint: 'Read containr.log in the data folder for what it waited for.',
        };
        process.kill();
      }, limit);
    }
    this.#noteProcesses();
  }

  async #answer(run: Run, what: Ask): Promise<unknown> {
    switch (what.verb) {
      case 'begin':
        return { ...run.beginning, state: this.#state() };
      case 'claim':
        this.#claim ??= claimData(what.folder);
        return this.#claimed(await this.#claim);
      case 'find':
        return this.#programs.find(what.name);
      case 'start':
        return this.#programs.start(what.name, what.command);
      case 'end':
        return this.#programs.end(what.name, what.steps);
      case 'restart': {
        const refusal = this.restart(what.by);
        return refusal ? { refusal } : this.#state();
      }
      case 'ready':
        return this.#ready(run, what.version, what.port);
      case 'announced':
        this.#announced = true;
        return null;
      case 'failed':
        run.failure ??= what.failure;
        return null;
    }
  }

  #claimed(claim: DataClaim | { heldBy: string }): { heldBy: string | null } {
    if ('heldBy' in claim) return claim;
    this.#noteProcesses();
    return { heldBy: null };
  }

  #ready(run: Run, version: string, port: number): void {
    if (this.#starting !== run) return;
    clearTimeout(run.timer);
    this.#starting = null;
    const older = this.#serving;
    const { generation } = run.beginning;
    const as = { version, generation, startedAt: run.startedAt.toISOString() };
    this.#serving = Object.assign(run, { as });
    this.#port = port;
    if (older) this.#leave(older, 'retire');
    if (run.reason === 'first') return this.#tellState();
    const served = `Control plane ${generation} (version ${version}) serves`;
    this.#options.note(older ? `${served}; the one before drains.` : `${served}.`);
    if (this.#change) this.#changed({ ...this.#change, ...(older ? { status: 'draining' } : done()) });
  }

  #leave(run: Run, how: 'stop' | 'retire'): void {
    run.process.send({ tell: how });
    this.#leaving.set(
      run,
      setTimeout(() => run.process.kill(), leaveMs[how]),
    );
  }

  #exited(run: Run, exitCode: number | null, signal: string | null): void {
    clearTimeout(run.timer);
    clearTimeout(this.#leaving.get(run));
    const left = this.#leaving.delete(run);
    if (this.#starting === run) this.#starting = null;
    if (this.#serving === run) this.#serving = null;
    this.#noteProcesses();
    if (this.#stopping) return this.#finishWhenEmpty();
    if (left) {
      if (this.#leaving.size === 0 && this.#change?.status === 'draining')
        this.#changed({ ...this.#change, ...done() });
      return;
    }
    const served = 'as' in run;
    const cause = run.failure ?? howItEnded(exitCode, signal);
    if (run.reason === 'first' && !served) return this.#giveUp(exitCode ?? 1, signal ? cause : null);
    if (!served && run.reason === 'successor') this.#notTaken(cause);
    // Another one is on its way, or still serves.
    if (this.#serving || this.#starting) return;
    this.#crash(cause, served ? Date.now() - run.startedAt.getTime() : 0);
  }

  #notTaken(cause: Failure): void {
    if (this.#change) this.#changed({ ...this.#change, ...done('failed'), cause });
    const state = this.#serving ? 'The one before goes on serving.' : 'None serves now.';
    this.#options.note(`The new control plane did not start: ${cause.detail} ${state}`);
  }

  #crash(cause: Failure, servedMs: number): void {
    const verdict = this.#crashed(servedMs);
    if (!verdict.again) {
      return this.#giveUp(1, {
        code: 'CONTROL_PLANE_CRASHES',
        detail: `The control plane ended by itself ${verdict.crashes} times in a row and is not started again; the last time: ${cause.detail}`,
        hint: 'Read the end of containr.log in the data folder, mend what it names, and start again; deployed apps go on.',
      });
    }
    const startedAt = new Date().toISOString();
    this.#change = { reason: 'crash', status: 'starting', by: null, startedAt, endedAt: null, cause };
    this.#options.note(`The control plane ended by itself and is started again: ${cause.detail}`);
    // The same port, where the options leave it open.
    this.#fixedPort = this.#port;
    this.#again = setTimeout(() => this.#start('crash'), verdict.waitMs);
  }

  #giveUp(exitCode: number, failure: Failure | null): void {
    this.#stopping = true;
    this.#exitCode = exitCode;
    if (failure) this.#options.fail(failure);
    this.#finishWhenEmpty();
  }

  #finishWhenEmpty(): void {
    if (this.#starting || this.#serving || this.#leaving.size > 0) return;
    void this.#finish();
  }

  async #finish(): Promise<void> {
    await this.#programs.endAll();
    const claim = await this.#claim?.catch(() => null);
    if (claim && 'release' in claim) claim.release();
    this.#over.resolve(this.#exitCode);
  }

  #noteProcesses(): void {
    const runs = [this.#starting, this.#serving, ...this.#leaving.keys()];
    const pids = runs.flatMap((run) => run?.process.pid ?? []);
    void this.#claim?.then((claim) => ('note' in claim ? claim.note(pids) : undefined)).catch(() => undefined);
  }

  #changed(change: Change): void {
    this.#change = change;
    this.#tellState();
  }

  #tellState(): void {
    const state = this.#state();
    for (const run of [this.#serving, ...this.#leaving.keys()]) run?.process.send({ tell: 'state', state });
  }

  #state(): InstallState {
    return { serving: this.#serving?.as ?? null, change: this.#change };
  }
}

function done(status: 'done' | 'failed' = 'done'): Pick<Change, 'status' | 'endedAt'> {
  return { status, endedAt: new Date().toISOString() };
}

function howItEnded(exitCode: number | null, signal: string | null): Failure {
  return {
    code: 'CONTROL_PLANE_ENDED',
    detail: signal ? `It was ended by ${signal}.` : `It ended with exit code ${exitCode ?? 'unknown'}.`,
    hint: 'Read the end of containr.log in the data folder.',
  };
}

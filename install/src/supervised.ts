import type { Keeper, Kept } from '@containr/postgres';
import { dataInUse } from '@containr/postgres';
import { ContainrError } from '@containr/sdk';
import type { Ask, Beginning, Failure, InstallState, ProgramEnded, Told } from './supervisor/messages.ts';
import { failureOf, isTold } from './supervisor/messages.ts';

/** The supervisor as its control plane sees it. */
export interface Supervised {
  readonly beginning: Beginning;
  /** Runs programs that outlive this process. */
  readonly keeper: Keeper;
  /** Resolves when this control plane is to end: `stop` with the whole install, `retire` when another one took over. */
  readonly wish: Promise<'stop' | 'retire'>;
  /** Aborted with the wish. */
  readonly signal: AbortSignal;
  readonly state: () => InstallState;
  /** Locks the data folder for the supervisor. Throws `DATA_IN_USE`. */
  readonly claim: (folder: string) => Promise<void>;
  /** Has a successor started. Throws `RESTART_UNDER_WAY`. */
  readonly restart: (by: string) => Promise<InstallState>;
  readonly ready: (version: string, port: number) => Promise<void>;
  readonly announced: () => Promise<void>;
  readonly failed: (error: unknown) => Promise<void>;
}

/** Begins to talk with the supervisor that started this process. Throws `NOT_SUPERVISED` when none did. */
export async function connectSupervisor(): Promise<Supervised> {
  if (!process.send) throw notSupervised();
  const open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const ended = new Map<string, (told: ProgramEnded) => void>();
  const wish = Promise.withResolvers<'stop' | 'retire'>();
  const stop = new AbortController();
  let state: InstallState = { serving: null, change: null };
  let asked = 0;

  function hear(told: Told): void {
    if ('answer' in told) {
      const waiting = open.get(told.answer);
      open.delete(told.answer);
      if ('failure' in told) waiting?.reject(toError(told.failure, 500));
      else waiting?.resolve(told.value);
    } else if (told.tell === 'state') state = told.state;
    else if (told.tell === 'ended') ended.get(told.name)?.(told);
    else {
      stop.abort();
      wish.resolve(told.tell);
    }
  }
  process.on('message', (message: unknown) => {
    if (isTold(message)) hear(message);
  });

  /** The answer's type is the supervisor's, which is of the same code: what it says is not from outside. */
  async function ask<T>(what: Ask): Promise<T> {
    asked += 1;
    const answer = Promise.withResolvers<unknown>();
    open.set(asked, answer);
    process.send?.({ ask: asked, what });
    return (await answer.promise) as T;
  }

  function kept(name: string, pid: number | undefined): Kept {
    let running = pid !== undefined;
    const end = Promise.withResolvers<Awaited<Kept['ended']>>();
    ended.set(name, ({ exitCode, signal, again }) => {
      if (again) return;
      running = false;
      end.resolve({ exitCode, signal });
    });
    return {
      pid,
      ended: end.promise,
      get running() {
        return running;
      },
    };
  }

  const { state: known, ...beginning } = await ask<Beginning & { state: InstallState }>({ verb: 'begin' });
  state = known;
  return {
    beginning,
    wish: wish.promise,
    signal: stop.signal,
    state: () => state,
    keeper: {
      pid: process.ppid,
      async find(name) {
        const found = await ask<{ pid: number | undefined } | null>({ verb: 'find', name });
        return found && kept(name, found.pid);
      },
      start: async (name, command) =>
        kept(name, (await ask<{ pid: number | undefined }>({ verb: 'start', name, command })).pid),
      end: async (name, steps) => void (await ask({ verb: 'end', name, steps })),
    },
    async claim(folder) {
      const { heldBy } = await ask<{ heldBy: string | null }>({ verb: 'claim', folder });
      if (heldBy !== null) throw dataInUse(heldBy);
    },
    async restart(by) {
      const answer = await ask<InstallState | { refusal: Failure }>({ verb: 'restart', by });
      if ('refusal' in answer) throw toError(answer.refusal, 409);
      return answer;
    },
    ready: async (version, port) => void (await ask({ verb: 'ready', version, port })),
    announced: async () => void (await ask({ verb: 'announced' })),
    failed: async (error) => void (await ask({ verb: 'failed', failure: failureOf(error) })),
  };
}

function toError({ code, detail, hint }: Failure, status: number): ContainrError {
  return new ContainrError({ code, status, detail, ...(hint === null ? {} : { hint }) });
}

function notSupervised(): ContainrError {
  return new ContainrError({
    code: 'NOT_SUPERVISED',
    status: 500,
    detail: 'A control plane is started by its supervisor, which shares its sockets with it.',
    hint: 'Use npm start, or run install/dist/start.js.',
  });
}

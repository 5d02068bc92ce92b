import type { EndSteps, KeptCommand } from '@containr/postgres';

/** Why a control plane starts. */
export type Reason = 'first' | 'successor' | 'crash';

/** What a control plane is told when it asks how to begin. */
export interface Beginning {
  readonly reason: Reason;
  /** Counts the control planes of this install since it was started, from 1. */
  readonly generation: number;
  /** Port of the one that serves, which this one takes over from; `null`: nobody serves. */
  readonly takesOver: number | null;
  /** Port that an earlier one was given, where the options leave it open; `null`: none yet. */
  readonly port: number | null;
  /** Nobody has been told yet that the install is ready. */
  readonly announce: boolean;
}

/** What a failure is told as: an error's stable code, what happened, and what to do. */
export interface Failure {
  readonly code: string;
  readonly detail: string;
  readonly hint: string | null;
}

/** The control plane that serves. */
export interface Serving {
  readonly version: string;
  readonly generation: number;
  readonly startedAt: string;
}

/** How the latest change of control planes stands. */
export interface Change {
  readonly reason: 'restart' | 'crash';
  /** `starting`: the next one starts. `draining`: it serves, the older one ends. */
  readonly status: 'starting' | 'draining' | 'done' | 'failed';
  /** Who asked for it; `null` after a crash. */
  readonly by: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** What it failed of, or for a crash, how the one before ended. */
  readonly cause: Failure | null;
}

/** The supervisor's knowledge, as every control plane has it. */
export interface InstallState {
  readonly serving: Serving | null;
  readonly change: Change | null;
}

/** What a control plane asks of its supervisor; each is answered. */
export type Ask =
  | { readonly verb: 'begin' }
  | { readonly verb: 'claim'; readonly folder: string }
  | { readonly verb: 'find'; readonly name: string }
  | { readonly verb: 'start'; readonly name: string; readonly command: KeptCommand }
  | { readonly verb: 'end'; readonly name: string; readonly steps: EndSteps }
  | { readonly verb: 'restart'; readonly by: string }
  | { readonly verb: 'ready'; readonly version: string; readonly port: number }
  | { readonly verb: 'announced' }
  | { readonly verb: 'failed'; readonly failure: Failure };

/** From a control plane to its supervisor. */
export interface Question {
  readonly ask: number;
  readonly what: Ask;
}

/** A program that is kept has ended. */
export interface ProgramEnded {
  readonly tell: 'ended';
  readonly name: string;
  readonly pid: number | undefined;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** It is started again. */
  readonly again: boolean;
}

/** From the supervisor to a control plane. */
export type Told =
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly failure: Failure }
  | { readonly tell: 'state'; readonly state: InstallState }
  | ProgramEnded
  /** Ends: `stop` with the whole install, `retire` for one that took over. */
  | { readonly tell: 'stop' | 'retire' };

/** Whether a message is a question of a control plane's; other modules use the channel too. */
export function isQuestion(message: unknown): message is Question {
  return typeof message === 'object' && message !== null && 'ask' in message && 'what' in message;
}

/** Whether a message is the supervisor's. */
export function isTold(message: unknown): message is Told {
  return typeof message === 'object' && message !== null && ('answer' in message || 'tell' in message);
}

/** An error as a failure. */
export function failureOf(error: unknown): Failure {
  const { code, hint } = error as { code?: unknown; hint?: unknown };
  return {
    code: typeof code === 'string' ? code : 'INTERNAL',
    detail: error instanceof Error ? error.message : String(error),
    hint: typeof hint === 'string' ? hint : null,
  };
}

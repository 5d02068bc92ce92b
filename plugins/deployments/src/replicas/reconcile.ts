import type { ServiceSpec } from '@containr/plugin-projects/contract';
import type { Replica } from '../entities/replica.ts';

/** What the control plane wants of one replica on a node. */
export interface Wanted {
  readonly id: string;
  readonly desired: Replica['desired'];
  readonly state: Replica['state'];
  /** When its node last said something about it; `null`: never. */
  readonly observedAt: Date | null;
}

/** What to do about one node's replicas of one runtime. */
export interface Proposal {
  /** Present, but not wanted (any more). */
  readonly stop: readonly string[];
  /** Wanted, but the node does not have them. */
  readonly gone: readonly string[];
  /** Unknown replicas that the brake leaves for later. */
  readonly spared: readonly string[];
}

/** An inventory may be a moment older than what a call just returned. */
const settleMs = 15_000;

/**
 * Compares a node's inventory with what is wanted there. Pure. What was told to stop is stopped; what nobody knows is stopped
 * too, but never more than half of the node at once: after a restored backup "unknown" may be our mistake.
 */
export function reconcile(present: readonly string[], wanted: readonly Wanted[], now: Date): Proposal {
  const rows = new Map(wanted.map((row) => [row.id, row]));
  const stop = present.filter((id) => rows.get(id)?.desired === 'stopped');
  const unknown = present.filter((id) => !rows.has(id));
  const allowed = Math.max(1, Math.floor(present.length / 2));
  const here = new Set(present);
  const gone = wanted
    .filter((row) => !here.has(row.id) && row.state !== 'gone' && row.state !== 'pending' && isSettled(row, now))
    .map((row) => row.id);
  return { stop: [...stop, ...unknown.slice(0, allowed)], gone, spared: unknown.slice(allowed) };
}

function isSettled(row: Wanted, now: Date): boolean {
  return row.observedAt !== null && now.getTime() - row.observedAt.getTime() > settleMs;
}

/** One replica of a live deployment, as far as repairing needs it. */
export type Member = Pick<
  Replica,
  | 'id'
  | 'role'
  | 'desired'
  | 'state'
  | 'exitCode'
  | 'restarts'
  | 'startedAt'
  | 'endedAt'
  | 'observedAt'
  | 'tries'
  | 'createdAt'
>;

/** What a live deployment's replicas need. */
export type Repair =
  | { readonly kind: 'nothing' }
  /** Too few: begin this many new ones now. */
  | { readonly kind: 'replace'; readonly count: number; readonly tries: number }
  /** Too few, but it failed a moment ago. */
  | { readonly kind: 'later'; readonly at: Date };

/** A replica that ran this long was healthy; its end begins a new count. */
const steadyMs = 60_000;
const longestBackOffMs = 60_000;

/** Decides whether replicas of a live deployment have to be replaced, with a growing pause between tries. Pure. */
export function planRepair(
  members: readonly Member[],
  spec: Pick<ServiceSpec, 'replicas' | 'restart' | 'restartTries'>,
  now: Date,
): Repair {
  const alive = members.filter(
    (member) =>
      member.desired === 'running' &&
      member.role !== 'leaving' &&
      (member.state === 'pending' || member.state === 'starting' || member.state === 'running'),
  );
  const ended = members
    .filter((member) => member.state === 'exited' || member.state === 'gone')
    .sort((a, b) => endOf(b) - endOf(a));
  const missing = spec.replicas - alive.length;
  const last = ended[0];
  if (missing <= 0 || !last || !mayRestart(last, spec)) return { kind: 'nothing' };
  const lived = last.startedAt === null ? 0 : endOf(last) - last.startedAt.getTime();
  const tries = lived >= steadyMs ? 0 : last.tries;
  const at = endOf(last) + (tries === 0 ? 0 : Math.min(longestBackOffMs, 1000 * 2 ** (tries - 1)));
  return at > now.getTime()
    ? { kind: 'later', at: new Date(at) }
    : { kind: 'replace', count: missing, tries: tries + 1 };
}

function mayRestart(member: Member, spec: Pick<ServiceSpec, 'restart' | 'restartTries'>): boolean {
  if (spec.restart === 'never') return false;
  // One that its node gave up keeps its end until somebody deploys again; one that vanished did not fail by itself.
  const givenUp = spec.restartTries !== null && member.state === 'exited' && member.restarts >= spec.restartTries;
  return spec.restart === 'always' || (member.exitCode !== 0 && !givenUp);
}

function endOf(member: Member): number {
  return (member.endedAt ?? member.observedAt ?? member.createdAt).getTime();
}

import type { Replica } from '../entities/replica.ts';

/** One replica of a live deployment, as far as moving needs it. */
export type Mover = Pick<
  Replica,
  'id' | 'node' | 'role' | 'desired' | 'state' | 'replaces' | 'endedAt' | 'observedAt' | 'createdAt'
>;

/** What is to be done so that nothing stays on nodes that are being drained. */
export interface Moves {
  /** Replicas that need a successor elsewhere now. */
  readonly begin: readonly Mover[];
  /** When the next one is to be tried that failed a moment ago. */
  readonly laterAt: Date | null;
  /** Successors that nobody needs any more: their node is back in use. */
  readonly drop: readonly Mover[];
}

const longestBackOffMs = 60_000;

/** Decides about a live deployment's replicas on nodes that are being drained. Pure: the same facts give the same answer. */
export function planMoves(members: readonly Mover[], draining: ReadonlySet<string>, now: Date): Moves {
  const begin: Mover[] = [];
  const drop: Mover[] = [];
  let laterAt: Date | null = null;
  for (const member of members) {
    if (member.desired !== 'running' || member.role !== 'serving' || hasEnded(member)) continue;
    const tried = members.filter(({ replaces }) => replaces === member.id);
    const successor = tried.find((one) => one.desired === 'running' && !hasEnded(one));
    if (!draining.has(member.node)) {
      if (successor?.role === 'candidate') drop.push(successor);
    } else if (!successor) {
      const at = nextTry(tried);
      if (at <= now.getTime()) begin.push(member);
      else if (laterAt === null || at < laterAt.getTime()) laterAt = new Date(at);
    }
  }
  return { begin, laterAt, drop };
}

function hasEnded({ state }: Mover): boolean {
  return state === 'exited' || state === 'gone';
}

/** Ms since 1970; each failure makes the pause longer. */
function nextTry(tried: readonly Mover[]): number {
  if (tried.length === 0) return 0;
  const last = Math.max(...tried.map((one) => (one.endedAt ?? one.observedAt ?? one.createdAt).getTime()));
  return last + Math.min(longestBackOffMs, 1000 * 2 ** (tried.length - 1));
}

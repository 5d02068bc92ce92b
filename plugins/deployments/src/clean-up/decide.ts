import type { DeploymentStatus } from '../contract.ts';

/** A deployment that an artifact belongs to. */
export interface User {
  readonly deployment: string;
  readonly service: string;
  readonly number: number;
  readonly status: DeploymentStatus;
  /** Whether the routes ever pointed to it. */
  readonly wasLive: boolean;
  readonly pinned: boolean;
  /** Whether its service is deleted. */
  readonly serviceGone: boolean;
  /** When it was last of use, in milliseconds. */
  readonly usedAt: number;
}

/** Something that is kept for deployments and takes room: an artifact on a node, a snapshot of a source. */
export interface Kept {
  /** Names it among all. */
  readonly key: string;
  /** What has the room: a node; `null` for the control plane. */
  readonly place: string | null;
  readonly sizeBytes: number;
  /** When it was last of use by itself, in milliseconds: a snapshot that was only uploaded. */
  readonly usedAt: number;
  readonly users: readonly User[];
}

/** How much is kept. */
export interface Policy {
  /** Good versions of a service that a rollback finds ready, the one that serves included. */
  readonly keepVersions: number;
  /** How long the rest is kept. */
  readonly forMs: number;
  /** Most of a service. */
  readonly perService: number;
  /** Room on one place; `null`: no limit. */
  readonly budgetBytes: number | null;
}

export type Needed = 'serves' | 'under way' | 'pinned' | 'rollback';
export type Reason = 'age' | 'count' | 'budget' | 'service deleted';

/** What goes, what stays and why, and where the budget does not hold all the same. */
export interface Proposal {
  readonly remove: readonly { readonly key: string; readonly reason: Reason }[];
  readonly keep: ReadonlyMap<string, Needed | 'recent'>;
  /** By place (empty for the control plane), how far what is needed goes over the budget. */
  readonly over: ReadonlyMap<string, number>;
}

/**
 * Decides what is removed. Pure. Nothing that serves, is under way, is pinned, or is one of a service's last good versions ever goes,
 * also not for the budget; of the rest what was not used longest goes first.
 */
export function decideCleanUp(kept: readonly Kept[], policy: Policy, now: number): Proposal {
  const good = lastGood(kept, policy.keepVersions);
  const keep = new Map<string, Needed | 'recent'>();
  const remove = new Map<string, Reason>();
  const spare: Kept[] = [];
  for (const one of kept) {
    const why = neededBy(one.users) ?? (good.has(one.key) ? 'rollback' : null);
    if (why !== null) keep.set(one.key, why);
    else spare.push(one);
  }
  spare.sort((a, b) => lastUse(a) - lastUse(b) || (a.key < b.key ? -1 : 1));
  for (const one of spare) {
    if (one.users.length > 0 && one.users.every((user) => user.serviceGone)) remove.set(one.key, 'service deleted');
    else if (now - lastUse(one) > policy.forMs) remove.set(one.key, 'age');
  }
  const left = (): Kept[] => spare.filter((one) => !remove.has(one.key));
  for (const [, own] of Map.groupBy(
    kept.filter((one) => !remove.has(one.key)),
    serviceOf,
  )) {
    const surplus = own.length - policy.perService;
    const mine = new Set(own.map((one) => one.key));
    for (const one of left()
      .filter((other) => mine.has(other.key))
      .slice(0, Math.max(0, surplus)))
      remove.set(one.key, 'count');
  }
  const over = new Map<string, number>();
  for (const [place, here] of Map.groupBy(kept, (one) => one.place ?? '')) {
    if (policy.budgetBytes === null) break;
    let surplus = here.reduce((sum, one) => sum + (remove.has(one.key) ? 0 : one.sizeBytes), 0) - policy.budgetBytes;
    for (const one of left().filter((other) => (other.place ?? '') === place)) {
      if (surplus <= 0) break;
      if (one.sizeBytes === 0) continue;
      remove.set(one.key, 'budget');
      surplus -= one.sizeBytes;
    }
    if (surplus > 0) over.set(place, surplus);
  }
  for (const one of left()) keep.set(one.key, 'recent');
  return { remove: [...remove].map(([key, reason]) => ({ key, reason })), keep, over };
}

/** Why something must stay whatever else is there; `null` when its users do not need it now. */
export function neededBy(users: readonly User[]): Needed | null {
  if (users.some((user) => user.status === 'live' || user.status === 'watching')) return 'serves';
  if (users.some((user) => user.status === 'queued' || user.status === 'running')) return 'under way';
  return users.some((user) => user.pinned && !user.serviceGone) ? 'pinned' : null;
}

/** Whether a deployment can be gone back to: it served, and did not fail. */
export function isGood(user: User): boolean {
  return user.wasLive && user.status !== 'failed' && user.status !== 'cancelled' && !user.serviceGone;
}

/** The newest good versions of each service; one that came live twice counts once. */
function lastGood(kept: readonly Kept[], count: number): ReadonlySet<string> {
  const newest = new Map<string, { key: string; number: number }[]>();
  for (const { key, users } of kept) {
    for (const [service, own] of Map.groupBy(users.filter(isGood), (user) => user.service)) {
      const number = Math.max(...own.map((user) => user.number));
      newest.set(service, [...(newest.get(service) ?? []), { key, number }]);
    }
  }
  return new Set(
    [...newest.values()].flatMap((own) =>
      own
        .sort((a, b) => b.number - a.number)
        .slice(0, count)
        .map(({ key }) => key),
    ),
  );
}

function lastUse(one: Kept): number {
  return Math.max(one.usedAt, ...one.users.map((user) => user.usedAt));
}

/** The service that it was made for: the one of its newest user. */
function serviceOf(one: Kept): string {
  return one.users.toSorted((a, b) => b.usedAt - a.usedAt)[0]?.service ?? '';
}

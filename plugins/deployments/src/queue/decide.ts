/** What a deployment needs to go on: a place to build on a node, or one among its organisation's roll-outs. */
export type SlotKind = 'build' | 'rollout';

/** A slot that is taken. */
export interface Holder {
  readonly deployment: string;
  readonly service: string;
  readonly organisation: string;
  readonly kind: SlotKind;
  /** Node of a build; `null` for a roll-out. */
  readonly node: string | null;
}

/** A deployment that asks for a slot. */
export interface Waiter extends Holder {
  /** Since when it waits, in milliseconds. */
  readonly since: number;
  /** Goes before the others of its organisation: a rollback mends something. */
  readonly urgent: boolean;
}

/** How many of each there may be at once. */
export interface Limits {
  readonly buildsPerNode: number;
  readonly buildsPerOrganisation: number;
  readonly rolloutsPerOrganisation: number;
  /** Organisations that may build less or more at once than the others. */
  readonly buildsOf: ReadonlyMap<string, number>;
}

/** What becomes of one that asks: it goes on now, or it waits, for the slots of a node or of its organisation. */
export type Verdict =
  | { readonly granted: true }
  | {
      readonly granted: false;
      /** Place in line, from 1, among those that wait for the same. */
      readonly position: number;
      readonly of: number;
      readonly full: 'node' | 'organisation';
      /** Who has what it waits for. */
      readonly takenBy: readonly Holder[];
    };

/**
 * Who of those that ask goes on. Pure: the same facts in any order give the same verdicts. Nothing that fits waits. Where several
 * organisations ask, the one that holds the least comes first, so none waits for another's queue; inside an organisation rollbacks
 * come first, then who waits longest.
 */
export function decide(
  holders: readonly Holder[],
  waiters: readonly Waiter[],
  limits: Limits,
): ReadonlyMap<string, Verdict> {
  const kinds: readonly SlotKind[] = ['build', 'rollout'];
  return new Map(
    kinds.flatMap((kind) => [
      ...decideOne(
        new Taken(
          holders.filter((one) => one.kind === kind),
          limits,
        ),
        waiters.filter((one) => one.kind === kind),
      ),
    ]),
  );
}

function decideOne(taken: Taken, waiters: readonly Waiter[]): ReadonlyMap<string, Verdict> {
  const queues = new Map(
    [...Map.groupBy(waiters, (one) => one.organisation)].map(([organisation, own]) => [
      organisation,
      own.toSorted((a, b) => Number(b.urgent) - Number(a.urgent) || earlier(a, b)),
    ]),
  );
  while (takeNext(queues, taken, (one) => taken.full(one) === null));
  const verdicts = new Map<string, Verdict>(waiters.map((one) => [one.deployment, { granted: true }]));
  const waiting = new Map([...queues].map(([organisation, queue]) => [organisation, [...queue]]));
  const counted = taken.copy();
  const order: Waiter[] = [];
  for (let next = takeNext(waiting, counted); next; next = takeNext(waiting, counted)) order.push(next);
  for (const line of Map.groupBy(order, lineOf).values()) {
    for (const [index, one] of line.entries()) {
      const by = taken.full(one) ?? 'node';
      const takenBy = taken.competing(one, by);
      verdicts.set(one.deployment, { granted: false, position: index + 1, of: line.length, full: by, takenBy });
    }
  }
  return verdicts;
}

/** Takes the next one out of its queue: the first of the organisation that holds the least. */
function takeNext(
  queues: ReadonlyMap<string, Waiter[]>,
  taken: Taken,
  may: (one: Waiter) => boolean = () => true,
): Waiter | null {
  let best: Waiter | null = null;
  for (const queue of queues.values()) {
    const first = queue.find(may);
    if (first && (best === null || (taken.heldBy(first) - taken.heldBy(best) || earlier(first, best)) < 0))
      best = first;
  }
  if (best === null) return null;
  const queue = queues.get(best.organisation) ?? [];
  queue.splice(queue.indexOf(best), 1);
  taken.add(best);
  return best;
}

/** Slots of one kind that are taken, counted by node and by organisation. */
class Taken {
  readonly #holders: Holder[] = [];
  readonly #counts = new Map<string, number>();
  readonly #limits: Limits;

  constructor(holders: readonly Holder[], limits: Limits) {
    this.#limits = limits;
    for (const one of holders) this.add(one);
  }

  copy(): Taken {
    return new Taken(this.#holders, this.#limits);
  }

  add(one: Holder): void {
    this.#holders.push(one);
    for (const key of [`organisation ${one.organisation}`, `node ${one.node ?? ''}`])
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** How many its organisation has. */
  heldBy(one: Holder): number {
    return this.#counts.get(`organisation ${one.organisation}`) ?? 0;
  }

  /** What has no room for it; `null` when it fits. */
  full(one: Holder): 'node' | 'organisation' | null {
    const { buildsPerNode, buildsPerOrganisation, rolloutsPerOrganisation, buildsOf } = this.#limits;
    if (one.kind === 'rollout') return this.heldBy(one) >= rolloutsPerOrganisation ? 'organisation' : null;
    if (this.heldBy(one) >= (buildsOf.get(one.organisation) ?? buildsPerOrganisation)) return 'organisation';
    return (this.#counts.get(`node ${one.node ?? ''}`) ?? 0) >= buildsPerNode ? 'node' : null;
  }

  competing(one: Holder, by: 'node' | 'organisation'): readonly Holder[] {
    return this.#holders.filter((other) =>
      by === 'node' ? other.node === one.node : other.organisation === one.organisation,
    );
  }
}

function earlier(a: Waiter, b: Waiter): number {
  return a.since - b.since || (a.deployment < b.deployment ? -1 : 1);
}

function lineOf(one: Waiter): string {
  return one.kind === 'build' ? `build ${one.node ?? ''}` : `rollout ${one.organisation}`;
}

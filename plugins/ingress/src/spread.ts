import type { NodeInfo, PluginContext } from '@containr/sdk';
import { ContainrError, isContainrError } from '@containr/sdk';
import type { CertificateSet, RequestCounts, RouteTable } from '@containr/sdk/contracts';
import type { Driver } from './drivers.ts';
import { capabilitiesOf, drivers, lacks, offers, othersThan } from './drivers.ts';
import {
  buildCertificates,
  buildTable,
  newestCertificates,
  newestRevision,
  renumber,
  renumberCertificates,
} from './route-table.ts';
import type { Settings } from './settings.ts';

interface HandedOver {
  /** `false`: the ingress follows a newer one, whose number is given. */
  readonly applied: boolean;
  readonly revision: number;
}

/** How long a switch waits for an ingress node. */
const acknowledgeMs = 10_000;
/** How long an agent that is connected may take to say which ingresses it has. */
const comingMs = 15_000;

/** Brings the route table to the nodes with an ingress. */
export interface Spread {
  /** Applies the newest table on all of them; resolves with its number. Throws `INGRESS_UNREACHABLE` when none took it. */
  apply(): Promise<number>;
  /** Applies a given table on all of them. Throws `STALE` when they follow a newer one, `INGRESS_UNREACHABLE` when none took it. */
  applyThis(table: RouteTable): Promise<number>;
  /** Gives all of them these certificates. Throws `STALE` when they have newer ones, `INGRESS_UNREACHABLE` when none took them. */
  certifyThis(set: CertificateSet): Promise<number>;
  /** Brings one node up to date. */
  applyAt(node: NodeInfo): Promise<void>;
  /** Brings the nodes up to date that missed a change. */
  catchUp(): Promise<void>;
  /** Requests by route and answer of each node that answers. */
  counts(): Promise<{ node: string; counts: RequestCounts }[]>;
  /** Open requests and sockets by replica, over all nodes that answer. */
  inFlight(): Promise<Record<string, number>>;
}

function unreachable(failures: readonly unknown[]): ContainrError {
  const known = failures.find(isContainrError);
  return new ContainrError({
    code: 'INGRESS_UNREACHABLE',
    status: 503,
    detail: known
      ? `No ingress took the route table: ${known.message}`
      : 'No node with an ingress is connected, so routes can not be switched.',
    hint: known?.hint ?? 'See that the agent of an ingress node runs; it reconnects by itself.',
    cause: known,
    retryAfterSeconds: 5,
  });
}

function stale(ahead: number, offered: number): ContainrError {
  return new ContainrError({
    code: 'STALE',
    status: 412,
    detail: `The ingress follows revision ${ahead}, and this is ${offered}.`,
    hint: 'Read the newest and apply that.',
  });
}

/** The label `ingress: off` keeps a node without one. */
function isWanted({ labels }: NodeInfo): boolean {
  return labels['ingress'] !== 'off';
}

/** Makes the spread of this plugin. */
export function createSpread(ctx: PluginContext<Settings>): Spread {
  /** What each node follows, as far as this process knows. */
  const follows = new Map<string, number>();
  const certifiedWith = new Map<string, number>();
  const notes = new Map<string, string>();
  /** What carries the requests of each node, as far as this process knows. */
  const carries = new Map<string, Driver>();
  const silentSince = new Map<string, number>();
  let running: Promise<number> | undefined;
  let next: Promise<number> | undefined;

  async function ingressNodes(): Promise<readonly NodeInfo[]> {
    const nodes = await ctx.agents.nodes();
    return nodes.filter((node) => isWanted(node) && driverOf(node) !== null);
  }

  /** What is wanted where a node has that, else the built-in one; `null`: it has none, or did not yet say what it has. */
  function driverOf(node: NodeInfo): Driver | null {
    const { driver } = ctx.settings.current;
    if (offers(node, driver)) {
      silentSince.delete(node.id);
      return driver;
    }
    if (!offers(node, 'builtin')) return null;
    if (lacks(node, driver)) return 'builtin';
    const now = ctx.clock.now().getTime();
    const since = silentSince.get(node.id) ?? now;
    silentSince.set(node.id, since);
    return now - since < comingMs ? null : 'builtin';
  }

  /** Where it listens: beside another one, as long as that one has not left. */
  async function placeOf(node: NodeInfo, driver: Driver): Promise<{ port: number; host: string; shared?: true }> {
    const { port, host } = ctx.settings.current;
    if (carries.get(node.id) === driver) return { port, host };
    for (const other of othersThan(node, driver)) {
      const running = await ctx.agents.call(node.id, capabilitiesOf[other].inFlight, {});
      if (running.port === port) return { port, host, shared: true };
    }
    return { port, host };
  }

  /** Once a driver follows, others that may have served before take no new connections. */
  async function settle(node: NodeInfo, driver: Driver): Promise<void> {
    if (carries.get(node.id) === driver) return;
    for (const other of othersThan(node, driver)) {
      const { left } = await ctx.agents.call(node.id, capabilitiesOf[other].leave, {});
      if (left)
        ctx.log.info({ node: node.name, driver, before: other }, 'another ingress carries requests from now on');
    }
    carries.set(node.id, driver);
  }

  function tell(node: NodeInfo, note: string | null): void {
    if (note !== null && notes.get(node.id) !== note)
      ctx.log.warn({ node: node.name, note }, 'the ingress of a node is not as it should be');
    if (note === null) notes.delete(node.id);
    else notes.set(node.id, note);
  }

  function missing(driver: Driver): string | null {
    const { driver: wanted } = ctx.settings.current;
    return driver === wanted
      ? null
      : `There is no ingress "${wanted}" there, so the built-in one carries its requests.`;
  }

  async function hand(node: NodeInfo, table: RouteTable): Promise<HandedOver> {
    const driver = driverOf(node) ?? 'builtin';
    const input = { table, ...(await placeOf(node, driver)) };
    const answer = await ctx.agents.call(node.id, capabilitiesOf[driver].apply, input, { timeoutMs: acknowledgeMs });
    follows.set(node.id, answer.revision);
    tell(node, answer.note ?? missing(driver));
    await settle(node, driver);
    return answer;
  }

  async function handCertificates(node: NodeInfo, set: CertificateSet): Promise<HandedOver> {
    const driver = driverOf(node) ?? 'builtin';
    const input = { set, ...(await placeOf(node, driver)) };
    const answer = await ctx.agents.call(node.id, capabilitiesOf[driver].certify, input, { timeoutMs: acknowledgeMs });
    certifiedWith.set(node.id, answer.revision);
    return answer;
  }

  /** Certificates go first: a table may send visitors to HTTPS. */
  async function certify(node: NodeInfo): Promise<void> {
    if (carries.get(node.id) !== driverOf(node)) certifiedWith.delete(node.id);
    for (;;) {
      const newest = await newestCertificates(ctx);
      if ((certifiedWith.get(node.id) ?? -1) >= newest) return;
      const { applied, revision } = await handCertificates(node, await buildCertificates(ctx));
      // As with the table: what outlived the database is numbered past.
      if (!applied && revision > newest) await renumberCertificates(ctx, revision + 1);
    }
  }

  async function toAll(give: (node: NodeInfo) => Promise<HandedOver>): Promise<{ ahead: number }> {
    const results = await Promise.allSettled((await ingressNodes()).map(give));
    const answers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failures = results.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []));
    for (const error of failures) ctx.log.warn({ error }, 'an ingress did not take what it was given');
    if (answers.length === 0) throw unreachable(failures);
    return { ahead: Math.max(0, ...answers.filter((answer) => !answer.applied).map((answer) => answer.revision)) };
  }

  async function round(): Promise<number> {
    for (;;) {
      const table = await buildTable(ctx);
      const { ahead } = await toAll(async (node) => {
        await certify(node);
        return hand(node, table);
      });
      if (ahead === 0) return table.revision;
      // An ingress that is ahead of the database has outlived it (a restored backup): the table is numbered past it.
      if (ahead > (await newestRevision(ctx))) await renumber(ctx, ahead + 1);
    }
  }

  function apply(): Promise<number> {
    if (!running) {
      running = round().finally(() => (running = undefined));
      return running;
    }
    // A round that began before this change may have read the table without it.
    next ??= running
      .catch(() => 0)
      .then(() => {
        next = undefined;
        return apply();
      });
    return next;
  }

  async function applyAt(node: NodeInfo): Promise<void> {
    if (!isWanted(node) || driverOf(node) === null) return;
    // It may have started anew, and with it what it has.
    carries.delete(node.id);
    await certify(node);
    const { applied, revision } = await hand(node, await buildTable(ctx));
    if (!applied && revision > (await newestRevision(ctx))) await apply();
  }

  return {
    apply,
    applyAt,
    async applyThis(table) {
      const { ahead } = await toAll((node) => hand(node, table));
      if (ahead > 0) throw stale(ahead, table.revision);
      return table.revision;
    },
    async certifyThis(set) {
      const { ahead } = await toAll((node) => handCertificates(node, set));
      if (ahead > 0) throw stale(ahead, set.revision);
      return set.revision;
    },
    async catchUp() {
      const newest = await newestRevision(ctx);
      const certificates = await newestCertificates(ctx);
      for (const node of await ingressNodes()) {
        const isBehind = (follows.get(node.id) ?? -1) < newest;
        const isOther = carries.get(node.id) !== driverOf(node);
        if (isOther || isBehind || (certifiedWith.get(node.id) ?? -1) < certificates)
          await applyAt(node).catch((error: unknown) =>
            ctx.log.warn({ node: node.name, error }, 'an ingress could not be brought up to date'),
          );
      }
    },
    async counts() {
      const nodes = await ingressNodes();
      const answers = await Promise.allSettled(
        nodes.map(async (node) => {
          const { counts } = capabilitiesOf[driverOf(node) ?? 'builtin'];
          return { node: node.id, counts: await ctx.agents.call(node.id, counts, {}) };
        }),
      );
      return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    },
    async inFlight() {
      // Also in one that leaves.
      const nodes = await ctx.agents.nodes();
      const asked = nodes.flatMap((node) =>
        drivers
          .filter(
            (driver) => node.state !== 'unknown' && node.capabilities.includes(capabilitiesOf[driver].inFlight.name),
          )
          .map((driver) => ({ node, driver })),
      );
      const answers = await Promise.allSettled(
        asked.map(({ node, driver }) => ctx.agents.call(node.id, capabilitiesOf[driver].inFlight, {})),
      );
      const sum: Record<string, number> = {};
      for (const answer of answers) {
        if (answer.status === 'rejected') continue;
        for (const [replica, count] of Object.entries(answer.value.inFlight))
          sum[replica] = (sum[replica] ?? 0) + count;
      }
      return sum;
    },
  };
}

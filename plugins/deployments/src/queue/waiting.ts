import type { ServicePath } from '@containr/plugin-projects/contract';
import type { Waiting } from '../contract.ts';
import { Deployment } from '../entities/deployment.ts';
import { frozenSentence } from '../engine/freeze.ts';
import type { Road } from '../engine/road.ts';
import { actor, storeOf } from '../engine/road.ts';
import type { Holder, Verdict } from './decide.ts';
import { allOrganisations, limitsOf, verdicts } from './slots.ts';

const named = 5;

/** What is read of one that waits. */
type Queued = Pick<
  Deployment,
  'id' | 'service' | 'status' | 'slot' | 'slotNode' | 'slotSince' | 'createdAt' | 'after' | 'held'
>;

/** Why deployments of one organisation wait, by id, as it is now. Others' services are counted, never named. */
export async function waitingOf(
  road: Road,
  organisation: string,
  rows: readonly Queued[],
): Promise<ReadonlyMap<string, Waiting>> {
  const queued = rows.filter((row) => row.status === 'queued');
  if (queued.length === 0) return new Map();
  const decided = queued.some((row) => row.slot !== null) ? await verdictsNow(road) : new Map<string, Verdict>();
  const before = await beforeThem(road, organisation, queued);
  const nameOf = await namesOf(road, organisation, [...decided.values()], before);
  const nodes = new Map((await road.ctx.agents.nodes()).map((node) => [node.id, node.name]));
  return new Map(
    queued.map((row): [string, Waiting] => {
      const since = (row.slotSince ?? row.createdAt).toISOString();
      if (row.held !== null) {
        const reason = frozenSentence(row.held);
        return [row.id, { kind: 'freeze', reason, position: 1, of: 1, since, until: row.held.until }];
      }
      const verdict = decided.get(row.id);
      if (row.slot !== null && verdict && !verdict.granted) {
        const taken = takenBy(verdict.takenBy, organisation, nameOf);
        const reason =
          row.slot === 'rollout'
            ? `The organisation rolls out as much at once as it may: ${taken}.`
            : verdict.full === 'organisation'
              ? `The organisation builds as much at once as it may: ${taken}.`
              : `Build slots of ${nodes.get(row.slotNode ?? '') ?? 'its node'} are taken by ${taken}.`;
        return [row.id, { kind: row.slot, reason, position: verdict.position, of: verdict.of, since, until: null }];
      }
      return [row.id, { ...laneReason(row, before, nameOf), position: 1, of: 1, since, until: null }];
    }),
  );
}

async function verdictsNow(road: Road): Promise<ReadonlyMap<string, Verdict>> {
  const limits = await limitsOf(road);
  return allOrganisations(road).transaction((unit) => verdicts(unit, limits));
}

function laneReason(
  row: Queued,
  before: readonly Deployment[],
  nameOf: (service: string) => string,
): Pick<Waiting, 'kind' | 'reason'> {
  const inLane = before.find((one) => one.service === row.service && one.status === 'running');
  if (inLane) return { kind: 'lane', reason: `#${inLane.number} of this service is under way.` };
  const first = before.find((one) => row.after.includes(one.id));
  if (first)
    return {
      kind: 'order',
      reason: `It reads variables of ${nameOf(first.service)}, whose #${first.number} is not live yet.`,
    };
  return { kind: 'lane', reason: 'It goes on in a moment.' };
}

/** Deployments that are before one of these: of its service, or those that it reads from. */
async function beforeThem(road: Road, organisation: string, queued: readonly Queued[]): Promise<Deployment[]> {
  return storeOf(road, organisation).transaction((unit) =>
    unit.em.find(Deployment, {
      $or: [
        { service: { $in: queued.map((row) => row.service) }, status: 'running' },
        { id: { $in: queued.flatMap((row) => row.after) }, status: ['queued', 'running'] },
      ],
    }),
  );
}

async function namesOf(
  road: Road,
  organisation: string,
  decided: readonly Verdict[],
  before: readonly Deployment[],
): Promise<(service: string) => string> {
  const holders = decided.flatMap((one) => (one.granted ? [] : one.takenBy));
  const own = holders.flatMap((one) => (one.organisation === organisation ? one.service : []));
  const services = [...new Set([...own, ...before.map((one) => one.service)])].slice(0, 1000);
  const { paths } =
    services.length === 0 ? { paths: [] } : await road.projects.paths({ services }, actor(road, organisation));
  const names = new Map(
    paths.map((path: ServicePath) => [path.service, `${path.serviceSlug}@${path.environmentSlug}`]),
  );
  return (service) => names.get(service) ?? 'a service that was deleted';
}

function takenBy(holders: readonly Holder[], organisation: string, nameOf: (service: string) => string): string {
  const own = holders.filter((one) => one.organisation === organisation).map((one) => nameOf(one.service));
  const others = holders.length - own.length;
  const parts = own.slice(0, named);
  if (own.length > named) parts.push(`${own.length - named} more`);
  if (others > 0) parts.push(`${others} of other organisations`);
  const last = parts.pop() ?? 'others';
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
}

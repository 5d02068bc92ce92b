import type { ScopedStore, UnitOfWork } from '@containr/sdk';
import { Deployment } from '../entities/deployment.ts';
import { query } from '../engine/query.ts';
import type { Road } from '../engine/road.ts';
import { announce } from '../engine/road.ts';
import { wake } from '../engine/wake.ts';
import type { Holder, Limits, SlotKind, Verdict, Waiter } from './decide.ts';
import { decide } from './decide.ts';
import { buildLimits } from './quota.ts';

/** What a deployment needs before its phase may begin. */
export interface Need {
  readonly kind: SlotKind;
  /** Node of a build; `null` for a roll-out. */
  readonly node: string | null;
}

/** So many of those that wait are told of each change of the queue; the rest see it when they look. */
const toldAtOnce = 50;

/** A slot is a row's own fields: held by what runs, waited for by what is queued. */
export function allOrganisations(road: Road): ScopedStore {
  return road.ctx.store.system('slots are shared by all organisations');
}

/** Whether a deployment, whose row says what it needs, may have it now. Nobody else takes a slot until the transaction ends. */
export async function isFree(unit: UnitOfWork, row: Deployment, limits: Limits): Promise<boolean> {
  await query(unit, 'select pg_advisory_xact_lock(hashtextextended(?, 12))', ['slots']);
  const { holders, waiters } = await slotFacts(unit);
  const others = waiters.filter((one) => one.deployment !== row.id);
  const asks = waiterOf(row);
  const taken = holders.filter((one) => one.deployment !== row.id);
  return asks === null || decide(taken, [...others, asks], limits).get(row.id)?.granted === true;
}

/** What the decision is made of, as it is now. */
async function slotFacts(unit: UnitOfWork): Promise<{ holders: readonly Holder[]; waiters: readonly Waiter[] }> {
  const rows = await unit.em.find(Deployment, { slot: { $ne: null }, status: ['queued', 'running'] });
  return {
    holders: rows.flatMap((row) => (row.status === 'running' ? (waiterOf(row) ?? []) : [])),
    waiters: rows.flatMap((row) => (row.status === 'queued' ? (waiterOf(row) ?? []) : [])),
  };
}

/** The verdict on each that waits. */
export async function verdicts(unit: UnitOfWork, limits: Limits): Promise<ReadonlyMap<string, Verdict>> {
  const { holders, waiters } = await slotFacts(unit);
  return decide(holders, waiters, limits);
}

/** Wakes those that may go on since a slot came free, and tells the others that their place in line moved. */
export async function passOn(road: Road): Promise<void> {
  const waits = await allOrganisations(road).transaction((unit) =>
    unit.em.count(Deployment, { slot: { $ne: null }, status: 'queued' }),
  );
  if (waits === 0) return;
  const limits = await limitsOf(road);
  await allOrganisations(road).transaction(async (unit) => {
    const decided = await verdicts(unit, limits);
    const waiting = await unit.em.find(
      Deployment,
      { id: { $in: [...decided.keys()] } },
      { orderBy: { slotSince: 'asc' } },
    );
    for (const [index, row] of waiting.entries()) {
      if (decided.get(row.id)?.granted) await wake(unit, row);
      else if (index < toldAtOnce) announce(unit, row);
    }
  });
}

/** Forgets the slot of a row that holds or awaits one. Returns whether there was one; then others may go on: {@link passOn}. */
export function release(row: Deployment): boolean {
  const had = row.slot !== null;
  row.slot = null;
  row.slotNode = null;
  row.slotSince = null;
  return had;
}

function waiterOf(row: Deployment): Waiter | null {
  if (row.slot === null) return null;
  return {
    deployment: row.id,
    service: row.service,
    organisation: row.organisation,
    kind: row.slot,
    node: row.slotNode,
    since: (row.slotSince ?? row.createdAt).getTime(),
    urgent: row.rollbackOf !== null,
  };
}

/** The limits of this moment. Asked before a transaction begins: inside it would need a second connection while others wait for it. */
export async function limitsOf(road: Road): Promise<Limits> {
  const { buildsPerNode, buildsPerOrganisation, rolloutsPerOrganisation } = road.ctx.settings.current;
  return { buildsPerNode, buildsPerOrganisation, rolloutsPerOrganisation, buildsOf: await buildLimits(road) };
}

import type { ScopedStore } from '@containr/sdk';
import { Deployment } from '../entities/deployment.ts';
import { Replica } from '../entities/replica.ts';
import { planRepair } from '../replicas/reconcile.ts';
import { stopReplicas } from '../replicas/stop.ts';
import { isTerminal } from '../machine.ts';
import { askAfterTasks } from './ask-after-tasks.ts';
import { wantedReplicas } from './findings.ts';
import { drainingOf } from './move.ts';
import type { Road } from './road.ts';
import { inMs, now } from './road.ts';
import { passOn } from '../queue/slots.ts';
import { repairSoon, wake } from './wake.ts';

/** A task this old is asked after. */
const askAfterMs = 10_000;

/** Settles what no process and no task owns: lost jobs, lost tasks, replicas that are still to stop. */
export async function sweep(road: Road, signal: AbortSignal): Promise<void> {
  if (road.rest.suspended) return;
  await wakeOpen(road);
  await passOn(road);
  if (!signal.aborted) await askAfterTasks(road, { startedAt: { $lt: inMs(road, -askAfterMs) } });
  if (!signal.aborted) await stopLeftovers(road);
  if (!signal.aborted) await repairLive(road);
}

function everything(road: Road): ScopedStore {
  return road.ctx.store.system('the sweep settles what is left of all organisations');
}

/**
 * Every open deployment is looked at again: its job may be lost, its phase overdue. A wake that is there already is the same one. Who
 * waits for a slot is woken when there is one.
 */
async function wakeOpen(road: Road): Promise<void> {
  await everything(road).transaction(async (unit) => {
    const open = await unit.em.find(
      Deployment,
      { status: ['queued', 'running', 'watching'], createdAt: { $lt: inMs(road, -5000) } },
      { fields: ['id', 'organisation', 'service', 'status', 'slot', 'cancelRequested'] },
    );
    for (const one of open)
      if (one.status !== 'queued' || one.slot === null || one.cancelRequested) await wake(unit, one);
  });
}

/** Stops again what could not be stopped before, also what a deployment that has ended left running. */
async function stopLeftovers(road: Road): Promise<void> {
  const leftovers = await everything(road).transaction(async (unit) => {
    const rows = await unit.em.find(Replica, { state: { $ne: 'gone' }, createdAt: { $lt: inMs(road, -askAfterMs) } });
    const deployments = await unit.em.find(
      Deployment,
      { id: { $in: [...new Set(rows.map((row) => row.deployment))] } },
      { fields: ['id', 'status'] },
    );
    const ended = new Set(
      deployments.filter((deployment) => isTerminal(deployment.status)).map((deployment) => deployment.id),
    );
    for (const row of rows) if (ended.has(row.deployment)) row.desired = 'stopped';
    return rows.filter((row) => row.desired === 'stopped');
  });
  const reachable = new Set(
    (await road.ctx.agents.nodes()).filter((node) => node.state !== 'unknown').map((node) => node.id),
  );
  await stopReplicas(
    road,
    leftovers.filter((row) => reachable.has(row.node)),
  );
}

async function repairLive(road: Road): Promise<void> {
  const draining = drainingOf(await road.ctx.agents.nodes());
  await everything(road).transaction(async (unit) => {
    const live = await unit.em.find(
      Deployment,
      { status: 'live' },
      { fields: ['id', 'organisation', 'service', 'serviceKind', 'spec'] },
    );
    const rows = await unit.em.find(Replica, { deployment: { $in: live.map((one) => one.id) } });
    const byDeployment = Map.groupBy(rows, (row) => row.deployment);
    for (const deployment of live) {
      const members = byDeployment.get(deployment.id) ?? [];
      const waits = members.some(
        (row) => row.desired === 'running' && (row.role !== 'serving' || draining.has(row.node)),
      );
      if (
        waits ||
        planRepair(members, { ...deployment.spec, replicas: wantedReplicas(deployment) }, now(road)).kind === 'replace'
      )
        await repairSoon(unit, deployment);
    }
  });
}

import { isContainrError } from '@containr/sdk';
import { causeOf, causeOfError, isAfterSwitch } from '../causes.ts';
import type { Cause } from '../contract.ts';
import { Deployment } from '../entities/deployment.ts';
import { Phase } from '../entities/phase.ts';
import { isOpen } from '../machine.ts';
import { admit } from '../queue/admit.ts';
import { allOrganisations, isFree, limitsOf } from '../queue/slots.ts';
import { phaseWorks } from '../phases/index.ts';
import type { Turn } from './after.ts';
import { turnOf } from './after.ts';
import { heldByFreeze } from './freeze.ts';
import { complete } from './complete.ts';
import type { Loaded } from './load.ts';
import { load } from './load.ts';
import { lockService } from './lock.ts';
import type { Road } from './road.ts';
import { announce, inMs, now, storeOf } from './road.ts';
import { apply, settle } from './settle.ts';
import { switchBack } from './switch-back.ts';
import { wakeAt } from './wake.ts';

/** Failures of the moment: tried again until the phase's time is over. An engine that is gone is unknown, and so is what it offers. */
const passing = new Set([
  'NODE_UNREACHABLE',
  'INGRESS_UNREACHABLE',
  'DEPENDENCY_DOWN',
  'PLUGIN_OFF',
  'SCOPE_CLOSED',
  'ENGINE_UNAVAILABLE',
  'CAPABILITY_MISSING',
]);
const retryMs = 2000;
/** Tries of a phase that failed by an error of our own. */
const maxTries = 3;

/** Goes on with a deployment, phase by phase, until it has to wait or has ended. Safe to run at any time and any number of times. */
export async function advance(
  road: Road,
  ref: { deployment: string; organisation: string },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    if (road.rest.suspended) return;
    const loaded = await load(road, ref.organisation, ref.deployment);
    if (!loaded || !isOpen(loaded.deployment.status)) return;
    const { deployment } = loaded;
    if (deployment.cancelRequested && (await cancelNow(road, deployment))) return;
    const goesOn =
      deployment.status === 'queued' ? await enterLane(road, deployment) : await runPhase(road, loaded, signal);
    if (!goesOn) return;
  }
}

async function cancelNow(road: Road, deployment: Deployment): Promise<boolean> {
  if (deployment.phase === 'retire') return false;
  if (mayHaveSwitched(deployment)) await switchBack(road, deployment);
  return settle(road, deployment, 'cancelled', causeOf('CANCELLED'));
}

/** From `route` on the routes may point to it, whatever its row says: a crash may lie between. */
function mayHaveSwitched(deployment: Deployment): boolean {
  return deployment.phase === 'route' || deployment.phase === 'watch';
}

/** One deployment per service is between its start and its switch; one of several that were applied together waits for its turn. */
async function enterLane(road: Road, deployment: Deployment): Promise<boolean> {
  if (await heldByFreeze(road, deployment)) return false;
  const limits = deployment.slot === null ? null : await limitsOf(road);
  const store = deployment.slot === null ? storeOf(road, deployment.organisation) : allOrganisations(road);
  const turn = await store.transaction(async (unit): Promise<Turn> => {
    await lockService(unit, deployment.service);
    if ((await unit.em.count(Deployment, { service: deployment.service, status: 'running' })) > 0)
      return { kind: 'waits' };
    const row = await unit.em.findOneOrFail(Deployment, { id: deployment.id });
    const found = await turnOf(unit, row);
    if (found.kind !== 'free') return found;
    // It began to wait since it was read: whoever wakes it next has the limits.
    if (row.slot !== null && (limits === null || !(await isFree(unit, row, limits)))) return { kind: 'waits' };
    if (!apply(row, 'laneFree')) return { kind: 'waits' };
    announce(unit, row);
    return found;
  });
  if (turn.kind === 'failed') {
    const { name, number, status } = turn.before;
    const detail = `It reads variables of ${name}, whose #${number} ${status === 'failed' ? 'failed' : 'was cancelled'}.`;
    await settle(
      road,
      deployment,
      'cancelled',
      causeOf('CANCELLED', detail, 'Mend that one, then deploy this service again.'),
    );
  }
  return turn.kind === 'free';
}

async function runPhase(
  road: Road,
  { deployment, phases, tasks, replicas }: Loaded,
  signal: AbortSignal,
): Promise<boolean> {
  const record = phases.find((phase) => phase.name === deployment.phase);
  if (!record) throw new Error(`Deployment ${deployment.id} has no record of its phase ${deployment.phase ?? 'null'}.`);
  const work = phaseWorks[record.name];
  try {
    if (record.status === 'pending' && deployment.slot === null) {
      const need = await work.needs?.(road, { deployment, tasks, replicas, signal });
      if (need) return (await admit(road, deployment, need)) !== 'waits';
    }
  } catch (error) {
    if (signal.aborted) throw error;
    await failed(road, deployment, record, error);
    return false;
  }
  const phase =
    record.status === 'pending' ? await begin(road, deployment, record, work.timeoutMs(road, deployment)) : record;
  try {
    if (deployment.status === 'running' && phase.deadlineAt !== null && phase.deadlineAt < now(road)) {
      if (mayHaveSwitched(deployment)) await switchBack(road, deployment);
      await settle(road, deployment, 'phaseFailed', overdue(phase));
      return false;
    }
    const step = await work.run(road, {
      deployment,
      phase,
      tasks: tasks.filter((task) => task.phase === phase.name),
      replicas,
      signal,
    });
    if (step.kind === 'done') return await complete(road, deployment, phase, step);
    const { at } = step;
    if (at) await storeOf(road, deployment.organisation).transaction((unit) => wakeAt(unit, deployment, at));
    return false;
  } catch (error) {
    if (signal.aborted) throw error;
    await failed(road, deployment, phase, error);
    return false;
  }
}

async function begin(road: Road, deployment: Deployment, record: Phase, timeoutMs: number): Promise<Phase> {
  return storeOf(road, deployment.organisation).transaction(async (unit) => {
    const phase = await unit.em.findOneOrFail(Phase, { deployment: record.deployment, name: record.name });
    phase.status = 'running';
    phase.attempt = 1;
    phase.startedAt = now(road);
    phase.deadlineAt = inMs(road, timeoutMs);
    announce(unit, deployment);
    return phase;
  });
}

async function failed(road: Road, deployment: Deployment, phase: Phase, error: unknown): Promise<void> {
  const store = storeOf(road, deployment.organisation);
  // Which engine there is to plan for is a question that is answered at once.
  if (isContainrError(error) && passing.has(error.code) && phase.name !== 'plan') {
    road.ctx.log.info(
      { deployment: deployment.id, phase: phase.name, code: error.code },
      'a phase waits for what it needs',
    );
    await store.transaction((unit) => wakeAt(unit, deployment, inMs(road, retryMs)));
    return;
  }
  const cause = causeOfError(error);
  if (cause.code === 'INTERNAL') {
    road.ctx.log.error(
      { error, deployment: deployment.id, phase: phase.name, attempt: phase.attempt },
      'a phase failed by an error of our own',
    );
    if (phase.attempt < maxTries || deployment.status === 'watching') {
      await store.transaction(async (unit) => {
        await unit.em.nativeUpdate(
          Phase,
          { deployment: phase.deployment, name: phase.name },
          { attempt: phase.attempt + 1 },
        );
        await wakeAt(unit, deployment, inMs(road, 1000));
      });
      return;
    }
  }
  if (mayHaveSwitched(deployment) && !isAfterSwitch(cause.code)) await switchBack(road, deployment);
  await settle(road, deployment, isAfterSwitch(cause.code) ? 'crashed' : 'phaseFailed', cause);
}

function overdue(phase: Phase): Cause {
  if (phase.name === 'build') return causeOf('BUILD_TIMEOUT');
  if (phase.name === 'health') return causeOf('HEALTH_TIMEOUT');
  return causeOf('TIMEOUT', `The phase "${phase.name}" was not done within its time limit.`);
}

import type { Capability, TaskOutcome, UnitOfWork } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { Task } from '../entities/task.ts';
import { Deployment } from '../entities/deployment.ts';
import type { Road } from './road.ts';
import { postDeployNotice, postDeploySubject } from './post-deploy.ts';
import { announce, now, storeOf } from './road.ts';
import { repairSoon, wake } from './wake.ts';

const maxAttempts = 3;

/** Failures of the way to the control plane, or of an engine that ended, not of the work: it is started again. */
const passing = new Set(['CONTROL_PLANE_UNREACHABLE', 'ENGINE_UNAVAILABLE']);
/** How long an engine is given to come back, in ms, by attempt. */
const engineMs = [3000, 15_000];

/** Work for an agent. */
export interface TaskOrder<I, O> {
  readonly node: string;
  readonly capability: Capability<I, O>;
  /** A phase's name, or `repair`. */
  readonly phase: string;
  readonly subject: string | null;
  /** Not to be repeated: when it is lost in the middle, `TASK_LOST` says so. */
  readonly once?: boolean;
  /** Asked for only when it is really started. */
  input(): Promise<I>;
}

/** What is known of the work. */
export type TaskProgress<O> = { readonly state: 'running' } | { readonly state: 'done'; readonly output: O };

/**
 * Sees to it that the work is being done, and says how far it is. Lost work is started again, three times at most. Throws what
 * the work failed with, `NODE_LOST`, or `NODE_UNREACHABLE`.
 */
export async function pursue<I, O>(
  road: Road,
  deployment: Deployment,
  tasks: readonly Task[],
  order: TaskOrder<I, O>,
): Promise<TaskProgress<O>> {
  const last = tasks.filter((task) => task.phase === order.phase && task.subject === order.subject).at(-1);
  if (!last) return begin(road, deployment, order, 1);
  const { outcome } = last;
  if (outcome === null) return { state: 'running' };
  if (outcome.status === 'done')
    return { state: 'done', output: validate<O>(order.capability.output, outcome.output, 'The result of the task') };
  if (outcome.status === 'failed' && !passing.has(outcome.code))
    throw new ContainrError({
      code: outcome.code,
      status: 500,
      detail: outcome.detail,
      ...(outcome.hint === null ? {} : { hint: outcome.hint }),
    });
  const engineEnded = outcome.status === 'failed' && outcome.code === 'ENGINE_UNAVAILABLE';
  if (order.once && (outcome.status !== 'failed' || engineEnded)) {
    throw new ContainrError({
      code: 'TASK_LOST',
      status: 503,
      detail: 'The work was interrupted, and nobody knows how far it got.',
      hint: 'Look at its log, then deploy again.',
    });
  }
  if (last.attempt >= maxAttempts) {
    throw new ContainrError({
      code: 'NODE_LOST',
      status: 503,
      detail: `The work was lost ${maxAttempts} times because the node's agent or engine restarted.`,
      hint: 'Check agent and engine on the node, then deploy again.',
    });
  }
  const backAt = (last.endedAt ?? now(road)).getTime() + (engineMs[last.attempt - 1] ?? 0);
  if (engineEnded && now(road).getTime() < backAt)
    throw new ContainrError({ code: 'ENGINE_UNAVAILABLE', status: 503, detail: outcome.detail });
  return begin(road, deployment, order, last.attempt + 1);
}

async function begin<I, O>(
  road: Road,
  deployment: Deployment,
  order: TaskOrder<I, O>,
  attempt: number,
): Promise<TaskProgress<O>> {
  const id = taskId(deployment.id, order.phase, order.subject, attempt);
  const input = await order.input();
  const store = storeOf(road, deployment.organisation);
  await store.transaction(async (unit) => {
    unit.em.create(
      Task,
      {
        id,
        organisation: deployment.organisation,
        service: deployment.service,
        deployment: deployment.id,
        phase: order.phase,
        attempt,
        node: order.node,
        capability: order.capability.name,
        subject: order.subject,
        startedAt: now(road),
        endedAt: null,
        outcome: null,
      },
      { persist: true },
    );
    await unit.em.flush();
  });
  try {
    await road.ctx.agents.startTask(order.node, order.capability, id, input);
  } catch (error) {
    // It never began, so it does not count as an attempt.
    await store.transaction((unit) => unit.em.nativeDelete(Task, { id, outcome: null }));
    throw error;
  }
  return { state: 'running' };
}

/** The id of a task: the same for the same attempt, so that starting it twice is starting it once. */
export function taskId(deployment: string, phase: string, subject: string | null, attempt: number): string {
  return [deployment, phase, ...(subject === null ? [] : [subject]), attempt].join('-');
}

/** Stores how a task ended and wakes who waits for it. An end from another node than the task's own is not believed. */
export async function taskEnded(road: Road, end: { node: string; task: string; outcome: TaskOutcome }): Promise<void> {
  await road.ctx.store.system('a task names its organisation only in its row').transaction(async (unit) => {
    const task = await unit.em.findOne(Task, { id: end.task });
    if (!task || task.node !== end.node) {
      // It may be another plugin's: runs use the same capability.
      road.ctx.log.debug({ node: end.node, task: end.task }, 'end of a task that is not known here');
      return;
    }
    if (task.outcome !== null) return;
    task.outcome = end.outcome;
    task.endedAt = now(road);
    if (task.subject === postDeploySubject) await tellPostDeploy(unit, task, end.outcome);
    if (task.phase === 'repair') await repairSoon(unit, task);
    else await wake(unit, { id: task.deployment, organisation: task.organisation, service: task.service });
  });
}

/** It may end after everything else: what came of it is written down at once. */
async function tellPostDeploy(unit: UnitOfWork, task: Task, outcome: TaskOutcome): Promise<void> {
  const notice = postDeployNotice(outcome);
  const deployment = notice && (await unit.em.findOne(Deployment, { id: task.deployment }));
  if (!notice || !deployment) return;
  deployment.notices = [...deployment.notices, notice];
  announce(unit, deployment);
}

/** Ends what agents still do for a deployment. Unreachable nodes are left to the sweep. */
export async function cancelTasks(road: Road, tasks: readonly Task[]): Promise<void> {
  for (const task of tasks) {
    if (task.outcome !== null) continue;
    await road.ctx.agents
      .cancelTask(task.node, task.id)
      .catch((error: unknown) => road.ctx.log.info({ error, task: task.id }, 'could not cancel a task yet'));
  }
}

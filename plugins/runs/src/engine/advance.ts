import { ContainrError, isContainrError } from '@containr/sdk';
import type { Artifact } from '@containr/sdk/contracts';
import { runtimeCapabilities } from '@containr/sdk/contracts';
import { Run } from '../entities/run.entity.ts';
import { end } from './end.ts';
import type { Runs } from './runs.ts';
import { actor, announce, inMs, isUnderWay, storeOf, taskOf, wake } from './runs.ts';

/** A node that does not answer is asked again for so long. */
const patienceMs = 120_000;
const retryMs = 3000;
const passing = new Set(['NODE_UNREACHABLE', 'DEPENDENCY_DOWN', 'PLUGIN_OFF', 'SCOPE_CLOSED']);

/** Starts a run that waits, or ends one that is to end. Safe to run at any time and any number of times. */
export async function advance(runs: Runs, ref: { run: string; organisation: string }): Promise<void> {
  const run = await storeOf(runs, ref.organisation).transaction((unit) => unit.em.findOne(Run, { id: ref.run }));
  if (!run || run.endedAt !== null) return;
  try {
    if (run.cancelReason !== null) await cancel(runs, run, run.cancelReason);
    else if (run.status === 'waiting' && !(await waitsForAnother(runs, run))) await begin(runs, run);
  } catch (error) {
    if (!isContainrError(error)) throw error;
    const waited = runs.ctx.clock.now().getTime() - run.createdAt.getTime();
    await storeOf(runs, run.organisation).transaction(async (unit) => {
      const row = await unit.em.findOneOrFail(Run, { id: run.id });
      if (passing.has(error.code) && (waited < patienceMs || run.cancelReason !== null))
        return wake(unit, row, inMs(runs, retryMs));
      const hint = error.hint === undefined ? '' : ` ${error.hint}`;
      return end(runs, unit, row, { status: 'failed', reason: `${error.message}${hint}` });
    });
  }
}

async function cancel(runs: Runs, run: Run, reason: string): Promise<void> {
  if (run.node !== null) {
    // Its end tells of it; one that never began is ended here.
    await runs.ctx.agents.cancelTask(run.node, taskOf(run.id));
    if ((await runs.ctx.agents.taskStatus(run.node, taskOf(run.id))) !== 'unknown') return;
  }
  await storeOf(runs, run.organisation).transaction(async (unit) => {
    const row = await unit.em.findOneOrFail(Run, { id: run.id });
    await end(runs, unit, row, { status: 'cancelled', reason });
  });
}

/** Scheduled runs of a service go one after another; with `replace` the one before is asked to end. */
async function waitsForAnother(runs: Runs, run: Run): Promise<boolean> {
  if (run.trigger !== 'schedule' || isUnderWay(run)) return false;
  return storeOf(runs, run.organisation).transaction(async (unit) => {
    const open = await unit.em.find(Run, { service: run.service, trigger: 'schedule', endedAt: null });
    const others = open.filter((one) => one.id !== run.id && isUnderWay(one));
    if (run.overlap === 'replace')
      for (const other of others) {
        other.cancelReason ??= 'The next run of the schedule took its place.';
        await wake(unit, other);
      }
    return others.length > 0;
  });
}

async function begin(runs: Runs, run: Run): Promise<void> {
  const caller = actor(runs, run.organisation);
  const { deployment } = await runs.deployments.live({ service: run.service }, caller);
  if (!deployment?.artifact)
    throw new ContainrError({
      code: 'CONFLICT_NOTHING_LIVE',
      status: 409,
      detail: 'Nothing of this service is live, so there is nothing to run it in.',
      hint: 'Deploy the service first.',
    });
  const { artifact, revision, plan } = deployment;
  const { spec } = await runs.projects.spec({ service: run.service, revision }, caller);
  const { variables } = await runs.projects.variables({ service: run.service, revision }, caller);
  const node = run.node ?? (await nodeFor(runs, artifact));
  const at = { node, runtime: artifact.runtime, deployment: deployment.id, deploymentNumber: deployment.number };
  await storeOf(runs, run.organisation).transaction((unit) => unit.em.nativeUpdate(Run, { id: run.id }, at));
  await runs.ctx.agents.startTask(node, runtimeCapabilities(artifact.runtime).run, taskOf(run.id), {
    run: run.id,
    service: run.service,
    deployment: deployment.id,
    artifact,
    command: run.command ?? spec.start.command,
    variables: { ...(plan?.variables ?? {}), ...variables },
    resources: spec.resources,
    timeoutMs: run.timeoutMs,
  });
  await storeOf(runs, run.organisation).transaction(async (unit) => {
    const row = await unit.em.findOneOrFail(Run, { id: run.id });
    // It may have ended already.
    if (row.endedAt !== null) return;
    row.status = 'running';
    row.startedAt = runs.ctx.clock.now();
    announce(unit, row);
  });
}

async function nodeFor(runs: Runs, artifact: Artifact): Promise<string> {
  if (artifact.node !== '') return artifact.node;
  const { name } = runtimeCapabilities(artifact.runtime).run;
  const able = (await runs.ctx.agents.nodes()).find(
    (node) => node.state === 'reachable' && node.capabilities.includes(name),
  );
  if (able) return able.id;
  throw new ContainrError({
    code: 'NODE_UNREACHABLE',
    status: 503,
    detail: `No connected node can run something for the runtime "${artifact.runtime}".`,
    hint: 'Connect a node that can.',
  });
}

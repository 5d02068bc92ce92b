import { stat } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { ContainrError } from '@containr/sdk';
import type { BuildPlan } from '@containr/sdk/contracts';
import { SourceFolder } from '@containr/sdk/host';
import { askBuilders } from '../engine/ask-builders.ts';
import type { Deployment } from '../entities/deployment.ts';
import { buildVariables } from '../engine/variables.ts';
import { note } from '../engine/notes.ts';
import type { Road } from '../engine/road.ts';
import { actor, inMs, now } from '../engine/road.ts';
import { chooseRuntime, whyNone } from '../placement/choose-runtime.ts';
import { missing } from '../snapshots/store.ts';
import type { PhaseRun, PhaseWork, Step } from './phase-work.ts';

/** A node that comes back in a moment is not worth a word. */
const patienceMs = 3_000;

/** Chooses runtime and builder; the builder with the highest bid plans, and says why. */
export const plan: PhaseWork = {
  timeoutMs: () => 300_000,
  async run(road, run) {
    const { deployment } = run;
    if (deployment.plan !== null && deployment.runtime !== null)
      return { kind: 'done', skipped: true, message: 'The plan of the earlier deployment is used.' };
    const runtime = await runtimeOf(road, run);
    if (typeof runtime !== 'string') return runtime;
    if (deployment.source.kind === 'image') return { kind: 'done', skipped: true, findings: { runtime } };
    const hash = deployment.source.treeHash;
    if (hash === null) throw missing();
    const made = await road.snapshots.unpacked(hash, run.signal, (folder) =>
      planIn(road, deployment, folder, runtime, run.signal),
    );
    await note(road, deployment, 'plan', 'plan', describe(made));
    return { kind: 'done', message: `${made.builder}: ${made.provider}`, findings: { runtime, plan: made } };
  },
};

async function runtimeOf(road: Road, { deployment, phase }: PhaseRun): Promise<string | Step> {
  const { runtime, nodeWaitMs } = road.ctx.settings.current;
  const nodes = await road.ctx.agents.nodes();
  const anyReady = nodes.some(
    (node) => node.state === 'reachable' && node.capabilities.some((name) => name.startsWith('build.')),
  );
  const waited = now(road).getTime() - (phase.startedAt ?? now(road)).getTime();
  // Right after a start the local agent is not there yet.
  if (!anyReady && waited < nodeWaitMs) {
    const { detail, hint } = whyNone(nodes);
    if (waited >= patienceMs)
      await note(road, deployment, 'plan', 'nodes', [
        `Waits up to ${nodeWaitMs / 1000} s for a runtime. ${detail} ${hint}`,
      ]);
    return { kind: 'wait', at: inMs(road, 500) };
  }
  return chooseRuntime(nodes, runtime, deployment.source.kind === 'image');
}

async function planIn(
  road: Road,
  deployment: Deployment,
  folder: string,
  runtime: string,
  signal: AbortSignal,
): Promise<BuildPlan> {
  const { spec } = deployment;
  const root = normalize(spec.source.rootDirectory);
  const directory = join(folder, root);
  if (root.startsWith('..') || root.startsWith('/') || !(await isFolder(directory))) {
    throw new ContainrError({
      code: 'SOURCE_EMPTY',
      status: 409,
      detail: `The source has no folder "${spec.source.rootDirectory}".`,
      hint: 'Correct the root directory in the service settings.',
    });
  }
  return askBuilders({
    ctx: road.ctx,
    sources: road.sources,
    folder: new SourceFolder(directory),
    about: { settings: spec.build, variables: await buildVariables(road, deployment), runtime },
    call: { ...actor(road, deployment.organisation), signal },
    failed: (lines) => note(road, deployment, 'plan', 'bids', lines),
  });
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

function describe(made: BuildPlan): string[] {
  const lines = [`Plan by ${made.builder}: ${made.provider}`];
  if (made.runtimes.length > 0)
    lines.push(`  runtime  ${made.runtimes.map((one) => `${one.tool} ${one.version}`).join(', ')}`);
  if (made.install.length > 0) lines.push(`  install  ${made.install.join(' && ')}`);
  if (made.build.length > 0) lines.push(`  build    ${made.build.join(' && ')}`);
  if (made.start !== null) lines.push(`  start    ${made.start}`);
  if (made.staticRoot !== null) lines.push(`  serves   ${made.staticRoot}`);
  return [...lines, ...made.why.map(({ what, from }) => `  because  ${what} (${from})`)];
}

import { ContainrError } from '@containr/sdk';
import { causes } from '../causes.ts';
import { artifactOf } from '../engine/findings.ts';
import { replicaVariables } from '../engine/variables.ts';
import { pursue } from '../engine/tasks.ts';
import { chooseBuildNode } from '../placement/choose-build-node.ts';
import { driver } from '../replicas/drivers.ts';
import type { PhaseWork } from './phase-work.ts';

/** Runs the pre-deploy command once in the new artifact; a non-zero exit fails the deployment. */
export const release: PhaseWork = {
  timeoutMs: () => 1_000_000,
  async run(road, { deployment, tasks }) {
    const command = deployment.spec.preDeploy;
    if (command === null) return { kind: 'done', skipped: true };
    if (deployment.rollbackOf !== null) return { kind: 'done', skipped: true, message: 'Not run on the way back.' };
    const artifact = artifactOf(deployment);
    const node =
      tasks.at(-1)?.node ?? (artifact.node || chooseBuildNode(await road.ctx.agents.nodes(), artifact.runtime, null));
    const progress = await pursue(road, deployment, tasks, {
      node,
      capability: driver(artifact.runtime).run,
      phase: 'release',
      subject: null,
      input: async () => ({
        run: road.ctx.random.id(),
        service: deployment.service,
        deployment: deployment.id,
        artifact,
        command,
        variables: await replicaVariables(road, deployment),
        resources: deployment.spec.resources,
      }),
    });
    if (progress.state === 'running') return { kind: 'wait' };
    const { exitCode } = progress.output;
    if (exitCode === 0) return { kind: 'done' };
    throw new ContainrError({
      code: 'RELEASE_FAILED',
      status: 409,
      detail: `The pre-deploy command ended with exit code ${exitCode}.`,
      hint: causes.RELEASE_FAILED.hint,
    });
  },
};

import type { TaskProgress } from '../engine/tasks.ts';
import { pursue } from '../engine/tasks.ts';
import { artifactOf } from '../engine/findings.ts';
import type { Road } from '../engine/road.ts';
import { replicaVariables } from '../engine/variables.ts';
import type { Deployment } from '../entities/deployment.ts';
import type { Task } from '../entities/task.ts';
import { chooseBuildNode } from '../placement/choose-build-node.ts';
import { driver } from '../replicas/drivers.ts';

/**
 * Sees to it that a command runs once in the deployment's artifact, with all its variables. It is never run a second time: what was
 * lost in the middle fails by `NODE_LOST`, because nobody knows how far it got.
 */
export async function runOnce(
  road: Road,
  deployment: Deployment,
  tasks: readonly Task[],
  what: { readonly phase: string; readonly subject: string | null; readonly command: string | string[] },
): Promise<TaskProgress<{ exitCode: number }>> {
  const artifact = artifactOf(deployment);
  const mine = tasks.filter((task) => task.subject === what.subject);
  const node =
    mine.at(-1)?.node ?? (artifact.node || chooseBuildNode(await road.ctx.agents.nodes(), artifact.runtime, null));
  return pursue(road, deployment, mine, {
    node,
    capability: driver(artifact.runtime).run,
    phase: what.phase,
    subject: what.subject,
    once: true,
    input: async () => ({
      run: road.ctx.random.id(),
      service: deployment.service,
      deployment: deployment.id,
      environment: deployment.environment,
      artifact,
      command: what.command,
      variables: await replicaVariables(road, deployment),
      resources: deployment.spec.resources,
      timeoutMs: road.ctx.settings.current.releaseTimeoutMs,
    }),
  });
}

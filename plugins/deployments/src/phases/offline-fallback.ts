import type { NodeInfo } from '@containr/sdk';
import type { Deployment } from '../entities/deployment.ts';
import type { Task } from '../entities/task.ts';

/**
 * Whether a build whose base image is not to be had goes on as a process: only where the install leaves the runtime to us,
 * the plan is ours (no Dockerfile of the source) and brings toolchains, and a connected node can follow it.
 */
export function fallsBack(
  runtime: 'auto' | 'docker' | 'process',
  deployment: Pick<Deployment, 'plan'>,
  tasks: readonly Pick<Task, 'outcome' | 'subject'>[],
  nodes: readonly Pick<NodeInfo, 'state' | 'capabilities'>[],
): boolean {
  const failed = tasks.some(
    ({ outcome, subject }) =>
      subject === null && outcome?.status === 'failed' && outcome.code === 'BASE_IMAGE_UNAVAILABLE',
  );
  const { plan } = deployment;
  const followable = plan !== null && plan.dockerfilePath === null && plan.toolchains.length > 0;
  const able = nodes.some((node) => node.state === 'reachable' && node.capabilities.includes('build.process'));
  return runtime === 'auto' && failed && followable && able;
}

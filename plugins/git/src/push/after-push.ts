import type { PluginContext, Principal } from '@containr/sdk';
import { isContainrError } from '@containr/sdk';
import type { DeploymentDocument } from '@containr/plugin-deployments/contract';
import type { ServicePath, ServiceSpec } from '@containr/plugin-projects/contract';
import type { PushCommand } from '../protocol/push-commands.ts';
import type { Repositories } from '../repository/repositories.ts';
import { deployHead } from './deploy-head.ts';

/** A push whose refs are stored. */
export interface StoredPush {
  readonly path: ServicePath;
  readonly spec: ServiceSpec;
  readonly commands: readonly PushCommand[];
  readonly principal: Principal;
}

/** What came of a push: what to tell the pusher, and the deployment to follow. */
export interface AfterPush {
  readonly lines: readonly string[];
  readonly deployment: DeploymentDocument | null;
}

/** Says what became of a ref that does not deploy. */
function sentenceFor(command: PushCommand, branch: string): string {
  if (command.ref.startsWith('refs/tags/'))
    return `${command.after === null ? 'Deleted' : 'Stored'} tag ${command.ref.slice(10)}; tags do not deploy.`;
  const name = command.ref.replace(/^refs\/heads\//, '');
  if (command.after === null) return `Deleted ${name}; nothing was deployed.`;
  return `Stored ${name}, which does not deploy: this service deploys ${branch}. To deploy it: git push <remote> ${name}:${branch}`;
}

function failed(error: unknown): string[] {
  const known = isContainrError(error) ? error : undefined;
  return [
    `Your commits are stored, but no deployment could be started: ${known?.message ?? 'the platform failed.'}`,
    known?.hint ?? 'It is tried again within a few minutes.',
  ];
}

/** Starts the deployment that a push is for. Never throws: the refs are stored, whatever comes of them. */
export async function afterPush(ctx: PluginContext, repositories: Repositories, push: StoredPush): Promise<AfterPush> {
  const { path, spec, commands, principal } = push;
  const { branch } = spec.source;
  const lines: string[] = [];
  let deployment: DeploymentDocument | null = null;
  for (const command of commands) {
    if (command.ref !== `refs/heads/${branch}`) {
      lines.push(sentenceFor(command, branch));
      continue;
    }
    if (command.after === null) {
      lines.push(`Deleted ${branch}, the branch that deploys. What is live stays as it is.`);
      continue;
    }
    // Git refuses a ref by itself, and tells the pusher so.
    if ((await repositories.head(path.service, branch)) !== command.after) continue;
    if (spec.source.kind === 'image') {
      lines.push(
        `Stored ${branch}, but this service deploys an image; set the source of its spec to git to deploy pushes.`,
      );
      continue;
    }
    try {
      const commit = await repositories.commit(path.service, command.after);
      if (commit.empty)
        lines.push(`Stored ${branch}, but its newest commit has no files, so there is nothing to deploy.`);
      else deployment = await deployHead(ctx, repositories, { service: path.service, branch, commit, principal });
    } catch (error) {
      ctx.log.error({ error, service: path.service }, 'a push could not be deployed');
      lines.push(...failed(error));
    }
  }
  return { lines, deployment };
}

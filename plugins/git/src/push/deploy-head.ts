import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client, Contract, Methods, PluginContext, Principal } from '@containr/sdk';
import type { DeploymentDocument } from '@containr/plugin-deployments/contract';
import { Deployments } from '@containr/plugin-deployments/contract';
import { Repository } from '../entities/repository.entity.ts';
import type { Commit, Repositories } from '../repository/repositories.ts';

/** Methods of a contract, by its value. */
export type ClientOf<C> = C extends Contract<infer M extends Methods> ? Client<M> : never;

/** What is to be deployed, and for whom. */
export interface HeadToDeploy {
  readonly service: string;
  readonly branch: string;
  readonly commit: Commit;
  readonly principal: Principal;
}

/** Takes the files of a commit into the snapshot store and asks for a deployment of them; when it returns, that can't be lost. */
export async function deployHead(
  ctx: PluginContext,
  repositories: Repositories,
  head: HeadToDeploy,
): Promise<DeploymentDocument> {
  const { service, branch, commit, principal } = head;
  const deployments = ctx.services.get(Deployments);
  const folder = join(ctx.directory, 'archives');
  const path = join(folder, `${ctx.random.id()}.tar`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await repositories.archive(service, commit.id, path);
    const { treeHash } = await deployments.importSnapshot({ path, gzip: false }, { principal });
    const source = {
      kind: 'git' as const,
      ref: branch,
      commit: commit.id,
      message: commit.subject,
      author: commit.author,
      treeHash,
    };
    const deployment = await deployments.request({ service, source, revision: null }, { principal });
    await remember(ctx, head);
    return deployment;
  } finally {
    await rm(path, { force: true });
  }
}

/** Keeps which commit of which branch was dealt with, so that the sweep leaves it alone. */
export async function remember(
  ctx: PluginContext,
  head: Pick<HeadToDeploy, 'service' | 'branch' | 'principal'> & { readonly commit: Pick<Commit, 'id'> },
): Promise<void> {
  await ctx.store
    .for(head.principal)
    .transaction(({ em }) =>
      em.nativeUpdate(
        Repository,
        { service: head.service },
        { requestedBranch: head.branch, requestedCommit: head.commit.id },
      ),
    );
}

import type { JobRun, PluginContext } from '@containr/sdk';
import { defineJob, Empty, isContainrError } from '@containr/sdk';
import { Deployments } from '@containr/plugin-deployments/contract';
import { Projects } from '@containr/plugin-projects/contract';
import { Repository } from '../entities/repository.entity.ts';
import type { Repositories } from '../repository/repositories.ts';
import { deployHead, remember } from './deploy-head.ts';
import type { PushWatch } from './push-watch.ts';

/** Finds pushes that were stored and never deployed. */
export const Sweep = defineJob({
  name: 'push.sweep',
  input: Empty,
  summary: 'Deploys stored pushes that no deployment was made for',
});
/** Keeps repositories small. */
export const Tidy = defineJob({
  name: 'repository.tidy',
  input: Empty,
  summary: 'Packs repositories with many loose objects',
});

const reason = 'the sweep looks at every repository';

async function allRepositories(ctx: PluginContext): Promise<readonly Repository[]> {
  return ctx.store.system(reason).transaction(({ em }) => em.find(Repository, {}, { orderBy: { service: 'asc' } }));
}

/** Compares the head of each deploying branch with what was asked for, and asks for what is missing. Gives how many. */
export async function sweepPushes(
  ctx: PluginContext,
  repositories: Repositories,
  watch: PushWatch,
  run: Pick<JobRun<unknown>, 'signal'>,
): Promise<number> {
  let deployed = 0;
  for (const row of await allRepositories(ctx)) {
    if (run.signal.aborted) break;
    try {
      if (!watch.has(row.service) && (await sweepOne(ctx, repositories, row))) deployed++;
    } catch (error) {
      // A deleted service is told by its event; its repository goes with that.
      if (!isContainrError(error) || error.code !== 'NOT_FOUND')
        ctx.log.warn({ error, service: row.service }, 'a repository could not be swept');
    }
  }
  return deployed;
}

async function sweepOne(ctx: PluginContext, repositories: Repositories, row: Repository): Promise<boolean> {
  const principal = ctx.principal(row.organisation);
  const { service } = row;
  const { spec } = await ctx.services.get(Projects).spec({ service, revision: null }, { principal });
  const { branch, kind } = spec.source;
  const head = kind === 'image' ? null : await repositories.head(service, branch);
  if (head === null || head === row.requestedCommit) return false;
  const { commits } = await ctx.services.get(Deployments).latestCommits({ services: [service] }, { principal });
  const commit = await repositories.commit(service, head);
  // Another branch was chosen in the spec: that is no push.
  const switched = row.requestedBranch !== null && row.requestedBranch !== branch;
  if (commits[service] === head || commit.empty || switched) {
    await remember(ctx, { service, branch, principal, commit });
    return false;
  }
  await deployHead(ctx, repositories, { service, branch, commit, principal });
  ctx.log.info({ service, commit: head }, 'deployed a push that had been stored only');
  return true;
}

/** Packs all repositories that need it, one after another. */
export async function tidyRepositories(
  ctx: PluginContext,
  repositories: Repositories,
  run: Pick<JobRun<unknown>, 'signal'>,
): Promise<void> {
  for (const { service } of await allRepositories(ctx)) {
    if (run.signal.aborted) return;
    await repositories.tidy(service, run.signal);
  }
}

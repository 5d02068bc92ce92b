import { definePlugin } from '@containr/sdk';
import { ServiceDeleted, ServiceDescribe } from '@containr/plugin-projects/contract';
import { Repository } from './entities/repository.entity.ts';
import { describeServices } from './git-urls.ts';
import { init } from './migrations/0001-init.ts';
import { PushWatch } from './push/push-watch.ts';
import { Sweep, sweepPushes, Tidy, tidyRepositories } from './push/sweep.ts';
import { openRepositories } from './repository/repositories.ts';
import { gitRoutes } from './routes/git.routes.ts';
import { repositoryRoutes } from './routes/repositories.routes.ts';

export default definePlugin({
  entities: [Repository],
  migrations: [init],
  setup(ctx) {
    const repositories = openRepositories(ctx);
    const watch = new PushWatch();
    gitRoutes(ctx, repositories, watch);
    repositoryRoutes(ctx, repositories);
    ctx.hooks.tap(ServiceDescribe, async ({ services }) => ({ services: await describeServices(ctx, services) }));
    ctx.events.on(ServiceDeleted, ({ payload }) => repositories.remove(payload.service, payload.organisation));
    ctx.jobs.handle(
      Sweep,
      async (run) => {
        await sweepPushes(ctx, repositories, watch, run);
      },
      { schedule: '*/2 * * * *' },
    );
    ctx.jobs.handle(Tidy, (run) => tidyRepositories(ctx, repositories, run), { schedule: '41 3 * * *' });
  },
});

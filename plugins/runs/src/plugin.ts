import { defineJob, definePlugin, Empty } from '@containr/sdk';
import { runtimeCapabilities } from '@containr/sdk/contracts';
import { DeploymentChanged, Deployments } from '@containr/plugin-deployments/contract';
import { Logs } from '@containr/plugin-logs/contract';
import { Projects, ServiceDeleted } from '@containr/plugin-projects/contract';
import { RunChanged } from './contract.ts';
import { advance } from './engine/advance.ts';
import { taskEnded } from './engine/end.ts';
import type { Runs } from './engine/runs.ts';
import { Advance } from './engine/runs.ts';
import { forgetOld, sweep } from './engine/sweep.ts';
import { keepOutput } from './engine/output.ts';
import { Run } from './entities/run.entity.ts';
import { Schedule } from './entities/schedule.entity.ts';
import { init } from './migrations/0001-init.ts';
import { runRoutes } from './routes/runs.routes.ts';
import { fireDue } from './schedule/fire.ts';
import { keepSchedule, keepSchedules } from './schedule/keep.ts';

const Forget = defineJob({ name: 'run.forget', input: Empty, summary: 'Forgets runs that ended long ago' });
const drivers = ['docker', 'process'] as const;

export default definePlugin({
  entities: [Run, Schedule],
  migrations: [init],
  setup(ctx) {
    const runs: Runs = {
      ctx,
      projects: ctx.services.get(Projects),
      deployments: ctx.services.get(Deployments),
      logs: ctx.services.get(Logs),
    };
    ctx.events.define(RunChanged);
    ctx.jobs.handle(Advance, (job) => advance(runs, job.input));
    ctx.jobs.handle(Forget, () => forgetOld(runs), { schedule: '23 4 * * *' });
    for (const driver of drivers) {
      const { run } = runtimeCapabilities(driver);
      ctx.agents.onTaskEnd(run, (given) => taskEnded(runs, given));
      ctx.agents.onTaskOutput(run, (given) => keepOutput(runs, given));
    }
    ctx.events.on(DeploymentChanged, async ({ payload, organisation }) => {
      if (organisation !== null) await keepSchedule(runs, payload.service, organisation);
    });
    ctx.events.on(ServiceDeleted, ({ payload }) => keepSchedule(runs, payload.service, payload.organisation));
    runRoutes(runs);
    ctx.repeat('schedules come due', 1000, () => fireDue(runs));
    ctx.repeat('schedules are kept', 30_000, () => keepSchedules(runs));
    ctx.repeat('sweep', 10_000, () => sweep(runs));
  },
});

import { definePlugin, defineSchema } from '@containr/sdk';
import { ServiceDeleted } from '@containr/plugin-projects/contract';
import { Logs } from './contract.ts';
import { Line } from './line-entity.ts';
import { createLogService } from './log-service.ts';
import { init } from './migrations/0001-init.ts';
import { query } from './query.ts';
import { keepReplicaLines } from './replica-lines.ts';
import { retain, Retain } from './retention.ts';
import { logRoutes } from './routes.ts';

const Settings = defineSchema({
  type: 'object',
  properties: {
    retentionDays: { type: 'integer', minimum: 1, maximum: 3650, default: 7, title: 'Days to keep log lines' },
    megabytesPerService: {
      type: 'integer',
      minimum: 1,
      maximum: 100_000,
      default: 100,
      title: 'Megabytes to keep per service',
    },
  },
  required: ['retentionDays', 'megabytesPerService'],
  additionalProperties: false,
});

export default definePlugin({
  settings: Settings,
  entities: [Line],
  migrations: [init],
  setup(ctx) {
    const service = createLogService(ctx);
    ctx.services.provide(Logs, {
      append: async (input, call) => {
        await service.append(input, call.principal);
        return {};
      },
      read: async (input, call) => ({ lines: [...(await service.read(input, call.principal, call.signal))] }),
    });
    logRoutes(ctx, service);
    keepReplicaLines(ctx, service);
    ctx.events.on(ServiceDeleted, async ({ payload }) => {
      await ctx.store
        .for(ctx.principal(payload.organisation))
        .transaction((unit) => query(unit, 'delete from plugin_logs.lines where service = ?', [payload.service]));
    });
    ctx.jobs.handle(
      Retain,
      async (run) => {
        const { retentionDays, megabytesPerService } = ctx.settings.current;
        const deleted = await retain(ctx, { days: retentionDays, megabytesPerService }, run);
        if (deleted > 0) ctx.log.info({ deleted }, 'deleted old log lines');
      },
      { schedule: '17 * * * *' },
    );
  },
});

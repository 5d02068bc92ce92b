import type { ServiceSpec } from '@containr/plugin-projects/contract';
import { Schedule } from '../entities/schedule.entity.ts';
import type { Runs } from '../engine/runs.ts';
import { actor, storeOf } from '../engine/runs.ts';
import { nextTime } from './next-time.ts';

/** Brings all schedules to what is live, also what changed while nobody listened. */
export async function keepSchedules(runs: Runs): Promise<void> {
  const { services } = await runs.deployments.liveServices({ kind: 'cron' }, { principal: runs.ctx.principal(null) });
  for (const { service, organisation } of services) await keepSchedule(runs, service, organisation);
  const known = new Set(services.map(({ service }) => service));
  await runs.ctx.store.system('schedules of services that are gone, of all organisations').transaction(async (unit) => {
    for (const row of await unit.em.find(Schedule, {}))
      if (!known.has(row.service)) await unit.em.nativeDelete(Schedule, { service: row.service });
  });
}

/** Brings the schedule of one service to what the revision that is live says; a service that does not serve has none. */
export async function keepSchedule(runs: Runs, service: string, organisation: string): Promise<void> {
  const caller = actor(runs, organisation);
  const [path] = (await runs.projects.paths({ services: [service] }, caller)).paths;
  const { deployment } =
    path?.kind === 'cron' ? await runs.deployments.live({ service }, caller) : { deployment: null };
  const spec = deployment ? (await runs.projects.spec({ service, revision: deployment.revision }, caller)).spec : null;
  const wanted = spec ? lineOf(spec.cron) : null;
  await storeOf(runs, organisation).transaction(async (unit) => {
    const row = await unit.em.findOne(Schedule, { service });
    if (!wanted || !path) {
      if (row) await unit.em.nativeDelete(Schedule, { service });
      return;
    }
    const { project, environment } = path;
    if (!row) {
      const nextAt = nextTime(wanted.schedule, wanted.timeZone, runs.ctx.clock.now());
      unit.em.create(
        Schedule,
        { id: service, service, organisation, project, environment, ...wanted, nextAt },
        { persist: true },
      );
      return;
    }
    const moved = row.schedule !== wanted.schedule || row.timeZone !== wanted.timeZone;
    Object.assign(row, wanted);
    if (moved) row.nextAt = nextTime(wanted.schedule, wanted.timeZone, runs.ctx.clock.now());
  });
}

function lineOf({ schedule, timeZone, overlap, timeoutMs }: ServiceSpec['cron']) {
  return schedule === null ? null : { schedule, timeZone, overlap, timeoutMs };
}

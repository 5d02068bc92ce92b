import type { PluginContext } from '@containr/sdk';
import type { RouteTable } from '@containr/sdk/contracts';
import { Name } from './entities/name.entity.ts';
import { Target } from './entities/target.entity.ts';
import { hostsOf } from './host-names.ts';
import { bumpRevision, readRevision } from './revision.ts';
import type { Settings } from './settings.ts';

const reason = 'the route table holds every organisation';

/** The newest route table. Its number is read first: what is read after it is at least as new. */
export async function buildTable(ctx: PluginContext<Settings>): Promise<RouteTable> {
  return ctx.store.system(reason).transaction(async (unit) => {
    const revision = await readRevision(unit);
    const targets = new Map((await unit.em.find(Target, {})).map((target) => [target.service, target]));
    const names = await unit.em.find(Name, {}, { orderBy: { label: 'asc' } });
    const routes = names.flatMap(({ label, service }) => {
      const target = targets.get(service);
      return hostsOf(label, ctx.settings.current).map((host) => ({
        host,
        path: '/',
        service,
        deployment: target?.deployment ?? null,
        upstreams: target?.upstreams ?? [],
      }));
    });
    return { revision, routes };
  });
}

/** Numbers the table anew, at least `least`. */
export async function renumber(ctx: PluginContext<Settings>, least = 0): Promise<number> {
  return ctx.store.system(reason).transaction((unit) => bumpRevision(unit, least));
}

/** The number of the newest table. */
export async function newestRevision(ctx: PluginContext<Settings>): Promise<number> {
  return ctx.store.system(reason).transaction(readRevision);
}

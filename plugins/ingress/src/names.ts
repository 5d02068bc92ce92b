import type { PluginContext, Principal } from '@containr/sdk';
import type { ServicePath } from '@containr/plugin-projects/contract';
import { Projects } from '@containr/plugin-projects/contract';
import { Name } from './entities/name.entity.ts';
import { hasAddress, hostsOf, labelsFor, urlOf } from './host-names.ts';
import { query } from './query.ts';
import { bumpRevision } from './revision.ts';
import type { Settings } from './settings.ts';

/** Names of services: found, or made where there is none yet. */
export interface Names {
  /** Labels by service id, inside the principal's organisation; services without an address are left out. */
  ensure(services: readonly string[], principal: Principal): Promise<ReadonlyMap<string, string>>;
  /** URLs by service id, in the same way; a service without an address has none. */
  urls(services: readonly string[], principal: Principal): Promise<Record<string, string[]>>;
}

/** Makes the names of this plugin; `changed` is told when there is a new one. */
export function createNames(ctx: PluginContext<Settings>, changed: () => void): Names {
  const projects = ctx.services.get(Projects);

  async function known(services: readonly string[], principal: Principal): Promise<Map<string, string>> {
    return ctx.store.for(principal).transaction(async ({ em }) => {
      const rows = await em.find(Name, { service: { $in: [...services] } });
      return new Map(rows.map((row) => [row.service, row.label]));
    });
  }

  async function make(path: ServicePath, principal: Principal): Promise<void> {
    for (const label of labelsFor(path)) {
      const made = await ctx.store.for(principal).transaction(async (unit) => {
        const id = ctx.random.id();
        // Another organisation's names can't be seen, only bumped into; losing a race with ourselves is no error either.
        await query(
          unit,
          'insert into names (id, organisation, service, label, created_at) values (?, ?, ?, ?, ?) on conflict do nothing',
          [id, path.organisation, path.service, label, ctx.clock.now()],
        );
        const kept = await unit.em.findOne(Name, { service: path.service });
        if (kept?.id === id) await bumpRevision(unit);
        return kept !== null;
      });
      if (made) return;
    }
  }

  async function ensure(services: readonly string[], principal: Principal): Promise<ReadonlyMap<string, string>> {
    const labels = await known(services, principal);
    const missing = services.filter((service) => !labels.has(service));
    if (missing.length === 0) return labels;
    const { paths } = await projects.paths({ services: missing.slice(0, 1000) }, { principal });
    const wanting = paths.filter((path) => hasAddress(path.kind));
    for (const path of wanting) await make(path, principal);
    if (wanting.length === 0) return labels;
    changed();
    return known(services, principal);
  }

  return {
    ensure,
    async urls(services, principal) {
      const labels = await ensure(services, principal);
      const settings = ctx.settings.current;
      return Object.fromEntries(
        services.map((service) => {
          const label = labels.get(service);
          return [service, label === undefined ? [] : [urlOf(hostsOf(label, settings)[0], settings)]];
        }),
      );
    },
  };
}

import type { RouteTable, Upstream } from '@containr/sdk/contracts';

/** What a request needs to know of its route. */
export interface CompiledRoute {
  readonly host: string;
  readonly path: string;
  readonly service: string;
  readonly upstreams: readonly Upstream[];
  /** Grows with each pick: the round robin's place. */
  turn: number;
}

/** A route table made ready for look-ups; never changed, only replaced. */
export interface CompiledTable {
  readonly document: RouteTable;
  readonly hosts: ReadonlyMap<string, readonly CompiledRoute[]>;
}

/** The table of a router that was never told anything. */
export const emptyTable: RouteTable = { revision: 0, routes: [] };

/** Sorts the routes of each host by length of path, so that the first match is the longest. */
export function compileTable(document: RouteTable): CompiledTable {
  const hosts = new Map<string, CompiledRoute[]>();
  for (const route of document.routes) {
    const host = route.host.toLowerCase();
    const path = route.path.endsWith('/') ? route.path : `${route.path}/`;
    const compiled = { host, path, service: route.service, upstreams: route.upstreams, turn: 0 };
    const routes = hosts.get(host);
    if (routes) routes.push(compiled);
    else hosts.set(host, [compiled]);
  }
  for (const routes of hosts.values()) routes.sort((a, b) => b.path.length - a.path.length);
  return { document, hosts };
}

/** Finds the route with the longest path that the target is in; `/apifoo` is not in `/api/`. */
export function findRoute(table: CompiledTable, host: string, target: string): CompiledRoute | undefined {
  const routes = table.hosts.get(host);
  if (!routes) return undefined;
  const end = target.indexOf('?');
  const path = `${end < 0 ? target : target.slice(0, end)}/`;
  return routes.find((route) => path.startsWith(route.path));
}

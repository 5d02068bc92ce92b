import type { Balance, Route, RouteTable, Upstream } from '@containr/sdk/contracts';

/** What a request needs to know of its route. */
export interface CompiledRoute {
  readonly host: string;
  readonly path: string;
  readonly service: string;
  readonly upstreams: readonly Upstream[];
  readonly balance: Balance;
  /** Until when requests wait for the next table, in ms since 1970; 0: not at all. */
  readonly held: number;
  readonly redirect: string | undefined;
  readonly secure: boolean;
  /** Response headers to set: lower-case name, name, value. */
  readonly headers: readonly (readonly [lower: string, name: string, value: string])[];
  /** Hashes of who may pass by name; `undefined`: everybody. */
  readonly users: ReadonlyMap<string, string> | undefined;
  /** Grows with each pick: the round robin's place. */
  turn: number;
}

/** A route table made ready for look-ups; never changed, only replaced. */
export interface CompiledTable {
  readonly document: RouteTable;
  readonly hosts: ReadonlyMap<string, readonly CompiledRoute[]>;
  /** Bodies by host and path, separated by a space. */
  readonly challenges: ReadonlyMap<string, string>;
}

function compileRoute(route: Route): CompiledRoute {
  return {
    host: route.host.toLowerCase(),
    path: route.path.endsWith('/') ? route.path : `${route.path}/`,
    service: route.service,
    upstreams: route.upstreams,
    balance: route.balance ?? 'round-robin',
    held: route.held ?? 0,
    redirect: route.redirect?.replace(/\/+$/, ''),
    secure: route.secure ?? false,
    headers: (route.headers ?? []).map(({ name, value }) => [name.toLowerCase(), name, value] as const),
    users: route.users?.length ? new Map(route.users.map(({ name, hash }) => [name, hash])) : undefined,
    turn: 0,
  };
}

/** Sorts the routes of each host by length of path, so that the first match is the longest. */
export function compileTable(document: RouteTable): CompiledTable {
  const hosts = new Map<string, CompiledRoute[]>();
  for (const route of document.routes) {
    const compiled = compileRoute(route);
    const routes = hosts.get(compiled.host);
    if (routes) routes.push(compiled);
    else hosts.set(compiled.host, [compiled]);
  }
  for (const routes of hosts.values()) routes.sort((a, b) => b.path.length - a.path.length);
  const challenges = new Map((document.challenges ?? []).map(({ host, path, body }) => [`${host} ${path}`, body]));
  return { document, hosts, challenges };
}

/** `*.example.org` for `shop.example.org`: the one wildcard that a host is in. */
export function wildcardOf(host: string): string {
  return `*${host.slice(host.indexOf('.'))}`;
}

/** Finds the route with the longest path that the target is in; `/apifoo` is not in `/api/`. */
export function findRoute(table: CompiledTable, host: string, target: string): CompiledRoute | undefined {
  const routes = table.hosts.get(host) ?? table.hosts.get(wildcardOf(host));
  if (!routes) return undefined;
  const end = target.indexOf('?');
  const path = `${end < 0 ? target : target.slice(0, end)}/`;
  return routes.find((route) => path.startsWith(route.path));
}

/** What the ingress itself answers there, if it is asked for a proof that a host leads here. */
export function findChallenge(table: CompiledTable, host: string, target: string): string | undefined {
  if (table.challenges.size === 0 || !target.startsWith('/.well-known/')) return undefined;
  return table.challenges.get(`${host} ${target}`) ?? table.challenges.get(`${wildcardOf(host)} ${target}`);
}

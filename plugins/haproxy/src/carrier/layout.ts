import { createHash } from 'node:crypto';
import type { Balance, CertificateSet, Route, RouteTable, Upstream } from '@containr/sdk/contracts';

/** Replicas that one choice is made among: a backend of HAProxy. */
export interface Group {
  readonly key: string;
  readonly balance: Balance;
  readonly upstreams: readonly Upstream[];
}

/** Lines of a map file by key. */
export type Lines = ReadonlyMap<string, string>;

/** A route table as HAProxy looks it up; what depends on backends is added when they are known. */
export interface Layout {
  readonly groups: readonly Group[];
  /** Host and path, which ends in `/` > what is done there, with its group. */
  readonly routes: ReadonlyMap<string, { readonly id: string; readonly flags: string; readonly group: string }>;
  readonly hosts: Lines;
  readonly redirects: Lines;
  readonly headers: Lines;
  readonly doors: Lines;
  /** Moments until which requests wait, in ms since 1970. */
  readonly holds: Lines;
  readonly challenges: Lines;
  /** Hashes of who may pass, by door and name. */
  readonly users: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

function shortHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Routes of a service have one group, unless a table gives them different replicas. */
function groupOf(route: Route, groups: Map<string, Group>): Group {
  const balance = route.balance ?? 'round-robin';
  const key = `${route.service} ${balance}`;
  const same = groups.get(key);
  if (!same || JSON.stringify(same.upstreams) === JSON.stringify(route.upstreams)) {
    const group = same ?? { key, balance, upstreams: route.upstreams };
    groups.set(key, group);
    return group;
  }
  const own = { key: `${key} ${shortHash(route.upstreams)}`, balance, upstreams: route.upstreams };
  groups.set(own.key, own);
  return own;
}

/** Lays a table out. What a route says is found by an id of its content, so that a changed one is another line, never half of both. */
export function layOut(table: RouteTable): Layout {
  const groups = new Map<string, Group>();
  const routes = new Map<string, { id: string; flags: string; group: string }>();
  const hosts = new Map<string, string>();
  const redirects = new Map<string, string>();
  const headers = new Map<string, string>();
  const doors = new Map<string, string>();
  const holds = new Map<string, string>();
  const users = new Map<string, ReadonlyMap<string, string>>();
  for (const route of table.routes) {
    const host = route.host.toLowerCase();
    const path = route.path.endsWith('/') ? route.path : `${route.path}/`;
    const key = `${host}${path}`;
    if (/\s/.test(key) || routes.has(key)) continue;
    const id = shortHash([key, route.redirect, route.headers, route.users, route.held]);
    let flags = route.upstreams.length === 0 ? 'E' : '';
    if (route.secure === true) flags += 'S';
    if (route.held !== undefined) {
      flags += 'W';
      holds.set(id, String(route.held));
    }
    if (route.redirect !== undefined) {
      flags += 'R';
      redirects.set(id, base64(route.redirect.replace(/\/+$/, '')));
    }
    if (route.users !== undefined && route.users.length > 0) {
      flags += 'U';
      const door = shortHash(route.users);
      doors.set(id, door);
      users.set(door, new Map(route.users.map(({ name, hash }) => [name, hash])));
    }
    if (route.headers !== undefined && route.headers.length > 0) {
      flags += 'H';
      for (const [at, { name, value }] of route.headers.entries())
        headers.set(`${id}/${at}`, value === '' ? name : `${name} ${value}`);
    }
    hosts.set(host, '1');
    routes.set(key, { id, flags, group: route.upstreams.length === 0 ? '' : groupOf(route, groups).key });
  }
  const challenges = new Map(
    (table.challenges ?? [])
      .filter(({ host, path }) => !/\s/.test(`${host}${path}`))
      .map(({ host, path, body }) => [`${host}${path}`, base64(body)]),
  );
  return {
    groups: [...groups.values()],
    routes,
    hosts,
    redirects,
    headers,
    doors,
    holds,
    challenges,
    users,
  };
}

/** Hosts that there is a certificate for, by which a connection made for another is known. */
export function certified(set: CertificateSet): Lines {
  return new Map(set.certificates.map(({ host }) => [host, host]));
}

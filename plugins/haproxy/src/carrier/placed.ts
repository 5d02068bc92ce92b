import type { CertificateSet } from '@containr/sdk/contracts';
import { placeOf } from './counts.ts';
import type { Layout, Lines } from './layout.ts';
import { certified } from './layout.ts';
import type { MapName } from './paths.ts';
import { addressOf, serverName } from './pool.ts';
import type { Wanted } from './servers.ts';

/** Backends by key of their group. */
type Held = ReadonlyMap<string, string>;

/** The servers of a layout in the backends that its groups have. */
export function serversOf(layout: Layout, held: Held): Wanted {
  return new Map(
    layout.groups.map(({ key, upstreams }) => [
      held.get(key) ?? '',
      new Map(upstreams.map((upstream) => [serverName(upstream), addressOf(upstream)])),
    ]),
  );
}

/** The lines of all maps: a route says its backend, the id of its content, what is done there, and what it is counted by. */
export function linesOf(layout: Layout, held: Held, set: CertificateSet): Readonly<Record<MapName, Lines>> {
  const { hosts, redirects, headers, doors, holds, challenges } = layout;
  const routes = new Map(
    [...layout.routes].map(([key, { id, flags, group }]) => [
      key,
      `${held.get(group) ?? 'none'}|${id}|${flags}|${placeOf(key)}`,
    ]),
  );
  return { hosts, routes, redirects, headers, doors, holds, challenges, passes: new Map(), certified: certified(set) };
}

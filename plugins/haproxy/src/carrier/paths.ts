import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where everything of one ingress is on its node. */
export interface Paths {
  readonly folder: string;
  readonly configuration: string;
  readonly lua: string;
  readonly answers: string;
  readonly certificates: string;
  /** List of certificates by host. */
  readonly list: string;
  readonly maps: Readonly<Record<MapName, string>>;
  /** Output of HAProxy. */
  readonly log: string;
  readonly record: string;
  /** Folder with a short path that HAProxy reaches as another user, for {@link door} and stats sockets. */
  readonly entrance: string;
  /** Socket at which names and passwords are checked. */
  readonly door: string;
}

/** Look-ups of HAProxy, each a file. */
export const mapNames = [
  'hosts',
  'routes',
  'redirects',
  'headers',
  'doors',
  'holds',
  'passes',
  'challenges',
  'certified',
] as const;
export type MapName = (typeof mapNames)[number];

/** Stats socket of one of its processes: a path that is short enough for every system. */
export function socketIn(paths: Paths, generation: number): string {
  return join(paths.entrance, `${generation}.sock`);
}

/** Paths of an ingress that keeps its files in `folder`. */
export function pathsIn(folder: string): Paths {
  const entrance = join(tmpdir(), `containr-door-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`);
  const mapAt = (name: MapName): readonly [MapName, string] => [name, join(folder, 'maps', `${name}.map`)];
  return {
    folder,
    configuration: join(folder, 'haproxy.cfg'),
    lua: join(folder, 'ingress.lua'),
    answers: join(folder, 'answers'),
    certificates: join(folder, 'certificates'),
    list: join(folder, 'certificates.list'),
    maps: Object.fromEntries(mapNames.map(mapAt)) as Record<MapName, string>,
    log: join(folder, 'haproxy.log'),
    record: join(folder, 'haproxy.json'),
    entrance,
    door: join(entrance, 'door.sock'),
  };
}

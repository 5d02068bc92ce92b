import { createHash } from 'node:crypto';
import type { RouteCount } from '@containr/sdk/contracts';
import type { RuntimeApi } from './runtime-api.ts';

/** What HAProxy counts a route by: its host and path, in as many characters as its table has. */
export function placeOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

/** What requests without a route are counted by. */
export const nowhere = 'nowhere';

/** The counting table of a configuration: answers by class, and all requests. */
export const countingTable = 'stick-table type string len 17 size 50k store gpc(6),http_req_cnt';

/** Counts a class of answers (`2` for 2xx). */
export function countAs(digit: number): string {
  return `sc-inc-gpc(${digit},0)`;
}

/**
 * Reads what was counted, for these keys of routes. A request that was not answered is known as such when nothing else of its route
 * is open; `highest` keeps what was known, by place, so that no count goes down.
 */
export async function readCounts(
  api: RuntimeApi,
  keys: Iterable<string>,
  highest: Map<string, number>,
): Promise<RouteCount[]> {
  const rows = new Map<string, (name: string) => number>();
  for (const line of (await api.ask('show table counts')).split('\n')) {
    const words = new Map([...line.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]));
    const place = words.get('key');
    if (place !== undefined) rows.set(place, (name) => Number(words.get(name) ?? 0));
  }
  function rowOf(place: string, host: string | null, path: string | null): RouteCount[] {
    const row = rows.get(place);
    if (!row) return [];
    const [one, two, three] = [row('gpc1'), row('gpc2'), row('gpc3')];
    const [four, five] = [row('gpc4'), row('gpc5')];
    // What is not answered, and not on its way any more.
    const known = row('http_req_cnt') - row('use') - one - two - three - four - five;
    const failed = Math.max(highest.get(place) ?? 0, known);
    highest.set(place, failed);
    return [{ host, path, answers: { failed, '1xx': one, '2xx': two, '3xx': three, '4xx': four, '5xx': five } }];
  }
  return [
    ...rowOf(nowhere, null, null),
    ...[...keys].flatMap((key) => rowOf(placeOf(key), key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/')))),
  ];
}

import type { Upstream } from '@containr/sdk/contracts';
import type { CompiledRoute } from './table.ts';

/** What a choice may depend on besides the route. */
export interface Choosing {
  /** Address of the visitor. */
  readonly client: string;
  /** Requests and tunnels that a replica carries now. */
  inFlight(replica: string): number;
  /** In 0…1, as `Math.random`. */
  random(): number;
}

/** FNV-1a with a final mix, 32 bits: spreads addresses that differ in one digit. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

function rotated(upstreams: readonly Upstream[], by: number): readonly Upstream[] {
  const first = by % upstreams.length;
  return first === 0 ? upstreams : [...upstreams.slice(first), ...upstreams.slice(0, first)];
}

function byLoad(upstreams: readonly Upstream[], choosing: Choosing): readonly Upstream[] {
  return upstreams
    .map((upstream) => ({ upstream, load: choosing.inFlight(upstream.replica) }))
    .sort((a, b) => a.load - b.load)
    .map(({ upstream }) => upstream);
}

/**
 * The upstreams of a route in the order in which they are to be asked.
 * - `round-robin`: each in turn.
 * - `least-connections`: the one that carries least; in turn where several do.
 * - `ip-hash`: one per visitor's address, by rendezvous hashing (Thaler and Ravishankar, 1998): when a replica goes, only its own visitors move.
 * - `random`: the less busy of two drawn ones (Mitzenmacher, 2001), then the rest.
 */
export function preference(route: CompiledRoute, choosing: Choosing): readonly Upstream[] {
  const { upstreams, balance } = route;
  if (upstreams.length < 2) return upstreams;
  const inTurn = rotated(upstreams, route.turn++);
  switch (balance) {
    case 'round-robin':
      return inTurn;
    case 'least-connections':
      return byLoad(inTurn, choosing);
    case 'ip-hash':
      return upstreams
        .map((upstream) => ({ upstream, rank: hash(`${choosing.client} ${upstream.replica}`) }))
        .sort((a, b) => b.rank - a.rank || (a.upstream.replica < b.upstream.replica ? -1 : 1))
        .map(({ upstream }) => upstream);
    case 'random': {
      const drawn = rotated(upstreams, Math.floor(choosing.random() * upstreams.length));
      const [first, ...rest] = drawn;
      const second = rest.splice(Math.floor(choosing.random() * rest.length), 1);
      return first ? [...byLoad([first, ...second], choosing), ...rest] : rest;
    }
  }
}

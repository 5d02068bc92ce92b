import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

const client = Symbol('address of the client, told by a trusted proxy');

interface Noted {
  [client]?: string;
}

/** Where requests come from: the other end of the connection, or what a trusted proxy says of it. */
export class Clients {
  #trusted: BlockList | null = null;

  /** Believes `X-Forwarded-For` of these addresses and networks (`10.0.0.0/8`); what is neither is left out. */
  trust(proxies: readonly string[]): void {
    const trusted = new BlockList();
    let count = 0;
    for (const proxy of proxies) {
      const [address = '', bits] = proxy.split('/');
      const family = isIP(address);
      const longest = family === 6 ? 128 : 32;
      if (family === 0 || Number(bits ?? longest) > longest) continue;
      trusted.addSubnet(address, Number(bits ?? longest), family === 6 ? 'ipv6' : 'ipv4');
      count += 1;
    }
    this.#trusted = count > 0 ? trusted : null;
  }

  /** Notes on a request who it is from, when a trusted proxy brought it. */
  note(request: IncomingMessage): void {
    const trusted = this.#trusted;
    if (!trusted || !isTrusted(trusted, plain(request.socket.remoteAddress ?? ''))) return;
    const hops = String(request.headers['x-forwarded-for'] ?? '')
      .split(',')
      .map((hop) => plain(hop.trim()));
    // From the nearest: the first that no proxy of ours wrote is the client; anything before it may be made up.
    for (let at = hops.length - 1; at >= 0; at -= 1) {
      const hop = hops[at] ?? '';
      if (isIP(hop) === 0) return;
      (request as Noted)[client] = hop;
      if (!isTrusted(trusted, hop)) return;
    }
  }
}

/** The client's address: told by a trusted proxy, else the other end of the connection. */
export function addressOf(request: IncomingMessage): string {
  return (request as Noted)[client] ?? request.socket.remoteAddress ?? '';
}

/** Whether a trusted proxy brought the request. */
export function isForwarded(request: IncomingMessage): boolean {
  return (request as Noted)[client] !== undefined;
}

/** What is counted as one place: an IPv4 address, or the network of an IPv6 address, of which anybody has 2⁶⁴. */
export function placeOf(address: string): string {
  if (!address.includes(':')) return address;
  const own = plain(address);
  if (!own.includes(':')) return own;
  const [head = '', tail] = own.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const last = tail === '' ? [] : tail.split(':');
    while (groups.length + last.length < 8) groups.push('0');
  }
  return groups.slice(0, 4).join(':');
}

function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

function isTrusted(trusted: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && trusted.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

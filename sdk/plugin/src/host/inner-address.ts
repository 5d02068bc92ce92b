import { BlockList, isIP } from 'node:net';

/** Where nobody is asked, on whatever network: nowhere, oneself under another name, the link, everybody, cloud metadata. */
const never = listOf(
  ['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '224.0.0.0/3', '168.63.129.16/32', '100.100.100.200/32'],
  ['::/128', 'fe80::/10', 'ff00::/8', 'fd00:ec2::254/128'],
);

/** What belongs to one network: this machine, private ones, shared ones, and what carries an IPv4 address of them. */
const inner = listOf(
  ['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '198.18.0.0/15'],
  ['::/96', 'fc00::/7', 'fec0::/10', '64:ff9b::/96', '64:ff9b:1::/48', '2001::/32', '2002::/16'],
);

function listOf(four: readonly string[], six: readonly string[]): BlockList {
  const list = new BlockList();
  for (const [nets, family] of [
    [four, 'ipv4'],
    [six, 'ipv6'],
  ] as const)
    for (const net of nets) {
      const [address = '', bits = ''] = net.split('/');
      list.addSubnet(address, Number(bits), family);
    }
  return list;
}

/** The IPv4 address in an IPv6 one that is mapped, in whichever way it is written; else the address without its zone. */
function plain(address: string): string {
  const [bare = ''] = address.split('%');
  if (isIP(bare) !== 6) return bare;
  // URL writes an address in its one canonical form.
  const canonical = new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return canonical;
  const number = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}

function isIn(list: BlockList, address: string): boolean {
  const one = plain(address);
  const family = isIP(one);
  return family === 0 || list.check(one, family === 6 ? 'ipv6' : 'ipv4');
}

/** Whether an address leads to this machine, its private networks, or nowhere that a stranger may send requests to. What is no address counts. */
export function isInner(address: string): boolean {
  return isIn(inner, address) || isIn(never, address);
}

/** Whether an address is never asked on anybody's behalf, not even on a network of one's own: the link, cloud metadata, everybody. */
export function isNeverAsked(address: string): boolean {
  return isIn(never, address);
}

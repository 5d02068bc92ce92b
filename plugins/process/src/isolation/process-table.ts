import { readdir, readFile, readlink } from 'node:fs/promises';
import { readFileSync } from 'node:fs';

/** One line of the kernel's process table. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Ticks after boot: with the pid it names a process for ever. */
  readonly startTicks: string;
}

/** The process with a pid; `null` when there is none or it is only waited for. */
export function processEntry(pid: number): ProcessEntry | null {
  try {
    return parse(pid, readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return null;
  }
}

// The second field is the program's name in brackets and may hold anything.
function parse(pid: number, stat: string): ProcessEntry | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  const startTicks = fields[19];
  if (parent === undefined || startTicks === undefined || state === 'Z' || state === 'X') return null;
  return { pid, parent: Number(parent), startTicks };
}

/** A process and all that descend from it, parents first. */
export async function processTree(root: number): Promise<number[]> {
  const entries: ProcessEntry[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const entry = processEntry(Number(name));
    if (entry) entries.push(entry);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...entries.filter((entry) => entry.parent === pid).map((entry) => entry.pid));
  return tree;
}

/** The one child of a process, `depth` times; `null` when it is not there (yet). */
export function descendant(pid: number, depth: number): number | null {
  let current = pid;
  for (let level = 0; level < depth; level += 1) {
    try {
      const [child] = readFileSync(`/proc/${current}/task/${current}/children`, 'utf8').split(' ');
      if (!child) return null;
      current = Number(child);
    } catch {
      return null;
    }
  }
  return current;
}

/** Sockets that any of the processes listens on, by address and port. */
export async function listenersOf(pids: readonly number[]): Promise<{ address: string; port: number }[]> {
  const sockets = new Set<string>();
  for (const pid of pids) {
    for (const file of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode) sockets.add(inode);
    }
  }
  const [first] = pids;
  if (first === undefined) return [];
  const tables = await Promise.all(['tcp', 'tcp6'].map((table) => readFile(`/proc/${first}/net/${table}`, 'utf8').catch(() => '')));
  const found = new Map<string, { address: string; port: number }>();
  for (const line of tables.join('\n').split('\n')) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state !== '0A' || local === undefined || inode === undefined || !sockets.has(inode)) continue;
    const listener = endpoint(local);
    found.set(`${listener.address} ${listener.port}`, listener);
  }
  return [...found.values()];
}

// `0100007F:1F90`: the address in words of four bytes, each turned round.
function endpoint(text: string): { address: string; port: number } {
  const [hex = '', port = '0'] = text.split(':');
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).reverse());
  return { address: bytes.length === 4 ? bytes.join('.') : sixteenBytes(bytes), port: Number.parseInt(port, 16) };
}

function sixteenBytes(bytes: readonly number[]): string {
  if (bytes.every((byte) => byte === 0)) return '::';
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return '::1';
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff) return bytes.slice(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16));
  return groups.join(':');
}

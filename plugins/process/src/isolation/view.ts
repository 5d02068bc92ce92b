import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readlinkSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Cell, CellMount } from './cell.ts';

const system = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/etc'];
const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/**
 * Puts a cell's file system together at its root: the node's programs and configuration read only, fresh `/dev` and `/run`,
 * and the cell's mounts. To be called once, by a process in a mount namespace of its own: it vanishes with that process.
 */
export function buildView(cell: Cell): void {
  mount(['-t', 'tmpfs', '-o', 'mode=755,size=16m', 'tmpfs', cell.root]);
  const mounts: CellMount[] = [...cell.mounts];
  for (const path of system) {
    if (!existsSync(path)) continue;
    if (lstatSync(path).isSymbolicLink()) symlinkSync(readlinkSync(path), cell.root + path);
    else mounts.unshift({ from: path, to: path, writable: false });
  }
  const resolver = realpathOf('/etc/resolv.conf');
  if (resolver && !system.some((path) => resolver.startsWith(`${path}/`)))
    mounts.push({ from: resolver, to: resolver, writable: false });
  for (const folder of ['/dev', '/proc', '/run', '/var/tmp', '/tmp', '/root'])
    mkdirSync(cell.root + folder, { recursive: true });
  for (const name of devices) mounts.push({ from: `/dev/${name}`, to: `/dev/${name}`, writable: true });
  for (const each of mounts) prepare(cell.root + each.to, each.from);
  mkdirSync(`${cell.root}/dev/shm`);
  for (const [name, target] of [
    ['fd', '/proc/self/fd'],
    ['stdin', '/proc/self/fd/0'],
    ['stdout', '/proc/self/fd/1'],
    ['stderr', '/proc/self/fd/2'],
  ] as const) {
    symlinkSync(target, `${cell.root}/dev/${name}`);
  }
  const table = `${cell.root}/run/mounts`;
  const lines = mounts.map((each) => `${escape(each.from)} ${escape(cell.root + each.to)} none ${options(each)} 0 0`);
  lines.push(
    `tmpfs ${escape(`${cell.root}/dev/shm`)} tmpfs mode=1777,size=64m 0 0`,
    `tmpfs ${escape(`${cell.root}/var/tmp`)} tmpfs mode=1777,size=64m 0 0`,
  );
  writeFileSync(table, `${lines.join('\n')}\n`);
  mount(['--all', '--fstab', table]);
}

function options(each: CellMount): string {
  if (each.from.startsWith('/dev/')) return 'bind,nosuid';
  return `bind,nosuid,nodev${each.writable ? '' : ',ro'}`;
}

function prepare(target: string, from: string): void {
  if (existsSync(target)) return;
  if (lstatSync(from).isDirectory()) mkdirSync(target, { recursive: true });
  else {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, '');
  }
}

function realpathOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

function escape(path: string): string {
  return path
    .replaceAll('\\', '\\134')
    .replaceAll(' ', '\\040')
    .replaceAll('\t', '\\011')
    .replaceAll('\n', '\\012')
    .replaceAll('#', '\\043');
}

function mount(args: readonly string[]): void {
  execFileSync('mount', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10_000 });
}

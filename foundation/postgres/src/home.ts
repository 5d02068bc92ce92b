import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readlink, realpath, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from '@containr/sdk';
import type { Account } from './account.ts';

const reachable = '/var/lib/containr-postgres';
const longestSocketFolder = 90;

/** Folders of one embedded database. */
export interface Home {
  readonly root: string;
  readonly data: string;
  readonly socket: string;
}

/**
 * Makes `<data>/postgres`. As root the database runs as another user, which may be shut out of the folders above
 * (`/root`): then `<data>/postgres` is a link to a folder below `/var/lib/containr-postgres`.
 */
export async function makeHome(data: string, account: Account, log: Logger): Promise<Home> {
  await mkdir(data, { recursive: true });
  const wanted = join(await realpath(data), 'postgres');
  const root = account.owner === null ? wanted : await reachableRoot(wanted, log);
  await mkdir(root, { recursive: true, mode: account.owner === null ? 0o700 : 0o711 });
  const socket = socketOf(root, account.owner !== null);
  await mkdir(socket, { recursive: true, mode: 0o700 });
  await chmod(socket, 0o700);
  if (account.owner !== null) await chown(socket, account.owner, account.owner);
  return { root, data: join(root, 'data'), socket };
}

/** Where the embedded database of a data folder is, without making anything. */
export async function findHome(data: string): Promise<Home> {
  const wanted = join(await realpath(data), 'postgres');
  const root = await realpath(wanted).catch(() => wanted);
  return { root, data: join(root, 'data'), socket: socketOf(root, process.getuid?.() === 0) };
}

function socketOf(root: string, asRoot: boolean): string {
  if (root.length < longestSocketFolder) return join(root, 'socket');
  const hash = createHash('sha256').update(root).digest('hex').slice(0, 16);
  return `${asRoot ? '/run' : '/tmp'}/containr-${hash}`;
}

async function reachableRoot(wanted: string, log: Logger): Promise<string> {
  const present = await lstat(wanted).catch(() => null);
  if (present?.isSymbolicLink()) return readlink(wanted);
  const data = dirname(wanted);
  const { mode } = await stat(data);
  // Passing through is all that the database's user gains; what is secret sits in closed folders of its own.
  if ((mode & 0o001) === 0) await chmod(data, (mode & 0o777) | 0o001);
  if (await canPass(dirname(data))) return wanted;
  const elsewhere = join(reachable, createHash('sha256').update(wanted).digest('hex').slice(0, 16));
  await mkdir(elsewhere, { recursive: true, mode: 0o711 });
  await symlink(elsewhere, wanted);
  log.warn(
    { data, database: elsewhere },
    'The database runs as its own user, which cannot reach the data folder: its files are kept elsewhere',
  );
  return elsewhere;
}

async function canPass(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  if ((mode & 0o001) === 0) return false;
  return folder === dirname(folder) || canPass(dirname(folder));
}

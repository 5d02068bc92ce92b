import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** As which user the database runs: never as root. */
export interface Account {
  /** Uid of the server and its files; `null`: this process's own. */
  readonly owner: number | null;
  /** Uid that makes a new cluster; it needs a name in the user list. */
  readonly maker: number | null;
}

const serverUid = 61_000;
const nobody = 65_534;
const dieWithParent = ['--pdeathsig', 'INT'] as const;

/** Chooses the account: as root a uid of the database's own, otherwise this process's. */
export async function chooseAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return { owner: null, maker: null };
  return {
    owner: serverUid,
    maker: (await namedUids()).find((uid) => uid === nobody) ?? (await namedUids()).find((uid) => uid > 0) ?? nobody,
  };
}

/** How to start the server: dies with this process where the system offers that, and with no rights but its own. */
export function serverCommand(
  account: Account,
  postgres: string,
  args: readonly string[],
): { command: string; args: string[]; uid?: number; gid?: number } {
  const rights =
    account.owner === null ? [] : ['--reuid', `${account.owner}`, '--regid', `${account.owner}`, '--clear-groups'];
  // The server stops through its own parent-death signal; elsewhere the next start ends an orphan.
  if (spawnSync('setpriv', [...dieWithParent, 'true']).status === 0) {
    return { command: 'setpriv', args: [...rights, ...dieWithParent, postgres, ...args] };
  }
  return {
    command: postgres,
    args: [...args],
    ...(account.owner === null ? {} : { uid: account.owner, gid: account.owner }),
  };
}

/** How to start initdb: it refuses a uid without a name, so such a user borrows one in a user namespace. */
export async function makerCommand(
  account: Account,
  initdb: string,
  args: readonly string[],
): Promise<{ command: string; args: string[]; uid?: number; gid?: number }> {
  if (account.maker !== null) return { command: initdb, args: [...args], uid: account.maker, gid: account.maker };
  const own = process.getuid?.();
  const uids = await namedUids();
  if (own === undefined || process.platform !== 'linux' || uids.includes(own))
    return { command: initdb, args: [...args] };
  const borrowed = uids.includes(nobody) ? nobody : (uids.find((uid) => uid > 0) ?? nobody);
  return { command: 'unshare', args: ['--user', `--map-user=${borrowed}`, `--map-group=${borrowed}`, initdb, ...args] };
}

async function namedUids(): Promise<number[]> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return users.split('\n').flatMap((line) => (line === '' ? [] : [Number(line.split(':')[2])]));
}

import { readdir, readFile, readlink } from 'node:fs/promises';
import { listeningSockets } from '@containr/sdk/host';

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
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((table) => readFile(`/proc/${first}/net/${table}`, 'utf8').catch(() => '')),
  );
  const found = new Map<string, { address: string; port: number }>();
  for (const { address, port, inode } of tables.flatMap(listeningSockets))
    if (sockets.has(inode)) found.set(`${address} ${port}`, { address, port });
  return [...found.values()];
}

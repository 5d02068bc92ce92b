import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { claimFolder, findHome } from '@containr/postgres';
import pg from 'pg';
import type { ArchiveWriter, Bytes } from './archive-writer.ts';
import { copyFolder } from './copy-folder.ts';
import { noEmbeddedDatabase, notAllowed } from './errors.ts';

/** Where the files of the database are in an archive. */
export const databaseFolder = 'database';

/** What belongs to a running server, or is made anew when it starts; the folders themselves stay. */
const emptied = /^database\/(pg_replslot|pg_dynshmem|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\/./;
const left =
  /^database\/(postmaster\.(pid|opts)$|backup_label|tablespace_map)|\/(pgsql_tmp[^/]*|pg_internal\.init[^/]*)$/;
const log = /^database\/pg_wal\/[^/]+$/;
const logFile = /^[0-9A-F]{24}$/;

/**
 * Copies the embedded database of a data folder: consistent while it serves, by the server's own backup mode and its log
 * of what happened meanwhile; cold when it does not run.
 */
export async function* copyDatabase(writer: ArchiveWriter, data: string): Bytes {
  const home = await findHome(data);
  const there = await access(join(home.data, 'PG_VERSION')).catch((error: NodeJS.ErrnoException) => error);
  if (there?.code === 'EACCES') throw notAllowed(home.data, there);
  if (there) throw noEmbeddedDatabase(data);
  const client = await connect(home.socket);
  if (client) {
    try {
      return yield* copyWarm(writer, home.data, client);
    } finally {
      await client.end();
    }
  }
  const release = await claimFolder(join(home.root, 'owner'));
  try {
    yield* copyFolder(writer, databaseFolder, home.data, (path) => emptied.test(path) || left.test(path));
  } finally {
    await release();
  }
}

async function connect(socket: string): Promise<pg.Client | null> {
  const client = new pg.Client({
    host: socket,
    user: 'postgres',
    database: 'postgres',
    application_name: 'containr backup',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') throw notAllowed(socket, error);
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return null;
    throw error;
  }
}

async function* copyWarm(writer: ArchiveWriter, folder: string, client: pg.Client): Bytes {
  // Keeps the log from the start of the copy on; goes with the connection.
  await client.query(`select pg_create_physical_replication_slot('containr_backup_' || pg_backend_pid(), true, true)`);
  const first = await walFile(client, `pg_backup_start('containr', true)`);
  yield* copyFolder(writer, databaseFolder, folder, (path) => emptied.test(path) || left.test(path) || log.test(path));
  const { rows } = await client.query<{ lsn: string; labelfile: string; file: string }>(
    'select lsn, labelfile, pg_walfile_name(lsn) as file from pg_backup_stop(false)',
  );
  const stop = rows[0];
  if (!stop) throw new Error('The server did not say where the backup ends');
  yield* writer.text(`${databaseFolder}/backup_label`, stop.labelfile);
  for (const name of (await readdir(join(folder, 'pg_wal'))).filter((one) => logFile.test(one)).sort()) {
    if (name < first || name > stop.file) continue;
    yield* writer.file(`${databaseFolder}/pg_wal/${name}`, join(folder, 'pg_wal', name));
  }
}

async function walFile(client: pg.Client, call: string): Promise<string> {
  const { rows } = await client.query<{ file: string }>(`select pg_walfile_name(${call}) as file`);
  return rows[0]?.file ?? '';
}

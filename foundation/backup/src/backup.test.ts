import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startCluster } from '@containr/postgres';
import type { Cluster } from '@containr/postgres';
import { createLogger } from '@containr/sdk/host';
import { expect } from 'chai';
import pg from 'pg';
import { createBackup, restoreBackup } from './index.ts';

const run = promisify(execFile);
const log = createLogger({ level: 'silent' });
const { signal } = new AbortController();
const passphrase = Buffer.from('a river of four words');

async function caught(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}

async function git(...args: string[]): Promise<string> {
  return (await run('git', args)).stdout.trim();
}

describe('backup of a whole install', function () {
  this.timeout(120_000);
  let folder: string;
  let data: string;
  let cluster: Cluster | null;
  let pool: pg.Pool;
  let head: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'containr-backup-'));
    data = join(folder, 'install');
    cluster = await startCluster({ data, log });
    pool = new pg.Pool({ host: cluster.socket, user: cluster.role, database: cluster.role });
    pool.on('error', () => undefined);
    await pool.query('create table notes (id bigint generated always as identity, text text not null)');
    await mkdir(join(data, 'keys'));
    await writeFile(join(data, 'keys/keys.json'), '{"current":"k"}');
    await writeFile(join(data, 'containr.log'), 'not kept');
    const work = join(folder, 'work');
    await git('init', '-q', '-b', 'main', work);
    await writeFile(join(work, 'index.html'), 'hello');
    await git('-C', work, 'add', '.');
    await git('-C', work, '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'first');
    await mkdir(join(data, 'plugins/git'), { recursive: true });
    await git('clone', '-q', '--bare', work, join(data, 'plugins/git/one.git'));
    head = await git('-C', work, 'rev-parse', 'HEAD');
  });
  after(async () => {
    await pool?.end();
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  /** Starts the database of a restored folder and gives what its notes hold. */
  async function notesIn(restored: string): Promise<{ count: number; ids: number[] }> {
    const other = await startCluster({ data: restored, log });
    const client = new pg.Client({ host: other.socket, user: other.role, database: other.role });
    try {
      await client.connect();
      const { rows } = await client.query<{ id: string }>('select id from notes order by id');
      return { count: rows.length, ids: rows.map((row) => Number(row.id)) };
    } finally {
      await client.end();
      await other.stop();
    }
  }

  for (const ending of ['tar', 'tar.gz', 'tar.zst']) {
    it(`is consistent under writes, and brings everything back: .${ending}`, async () => {
      const file = join(folder, `whole.${ending}`);
      const { promise: enough, resolve: isEnough } = Promise.withResolvers<null>();
      let over = false;
      let written = 0;
      const writes = (async () => {
        while (!over) {
          await pool.query(`insert into notes (text) select repeat('x', 500) from generate_series(1, 20)`);
          written += 20;
          if (written >= 400) isEnough(null);
        }
      })();
      await enough;
      const { rows } = await pool.query<{ count: string }>('select count(*) from notes');
      const { bytes } = await createBackup({ data, file, passphrase, signal });
      over = true;
      await writes;
      expect(bytes).to.be.greaterThan(1000);

      const restored = join(folder, `restored-${ending}`);
      const about = await restoreBackup({ file, data: restored, passphrase, signal, log });
      expect(about.version).to.match(/^\d+\.\d+\.\d+$/);
      expect(await readFile(join(restored, 'keys/keys.json'), 'utf8')).to.equal('{"current":"k"}');
      expect(await readdir(restored)).to.have.members(['keys', 'plugins', 'postgres']);
      await git('clone', '-q', join(restored, 'plugins/git/one.git'), join(folder, `clone-${ending}`));
      expect(await git('-C', join(folder, `clone-${ending}`), 'rev-parse', 'HEAD')).to.equal(head);
      const notes = await notesIn(restored);
      // Every statement wrote twenty rows: it is in the copy as a whole or not at all.
      expect(notes.count % 20).to.equal(0);
      expect(notes.count).to.be.at.least(Number(rows[0]?.count));
    });
  }

  it('keeps no plain text of a secret, and is never unencrypted unless that is said', async () => {
    const file = join(folder, 'secret.tar');
    expect(await caught(createBackup({ data, file, passphrase: null, signal }))).to.include({
      code: 'BACKUP_UNENCRYPTED',
    });
    await createBackup({ data, file, passphrase, signal });
    expect((await readFile(file)).includes('{"current":"k"}')).to.equal(false);
    const plain = join(folder, 'plain.tar');
    await createBackup({ data, file: plain, passphrase: null, unencrypted: true, signal });
    expect((await run('tar', ['-tf', plain])).stdout).to.include('files/keys/keys.json');
  });

  it('refuses a file that is there, and a folder that is not empty', async () => {
    const file = join(folder, 'there.tar');
    await writeFile(file, 'mine');
    expect(await caught(createBackup({ data, file, passphrase, signal }))).to.include({ code: 'BACKUP_EXISTS' });
    expect(await readFile(file, 'utf8')).to.equal('mine');
    const backup = join(folder, 'secret.tar');
    expect(await caught(restoreBackup({ file: backup, data, passphrase, signal, log }))).to.include({
      code: 'RESTORE_NOT_EMPTY',
    });
  });

  it('leaves nothing under its name when it is interrupted', async () => {
    const file = join(folder, 'interrupted.tar.zst');
    const stop = new AbortController();
    const failure = await caught(
      createBackup({ data, file, passphrase, signal: stop.signal, progress: () => stop.abort() }),
    );
    expect(failure).to.be.instanceOf(Error);
    expect((await readdir(folder)).filter((name) => name.startsWith('interrupted'))).to.deep.equal([]);
  });

  describe('that is not as it was made', () => {
    let whole: Buffer;
    let plain: Buffer;
    before(async () => {
      whole = await readFile(join(folder, 'secret.tar'));
      plain = await readFile(join(folder, 'plain.tar'));
    });

    /** Restores a changed copy; nothing may be written. */
    async function restoring(content: Buffer, words: Uint8Array | null = passphrase): Promise<unknown> {
      const file = join(folder, 'changed.tar');
      const target = join(folder, 'never');
      await writeFile(file, content);
      const failure = await caught(restoreBackup({ file, data: target, passphrase: words, signal, log }));
      expect(
        await access(target).then(
          () => true,
          () => false,
        ),
      ).to.equal(false);
      return failure;
    }
    const flipped = (content: Buffer, at: number): Buffer => {
      const copy = Buffer.from(content);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return copy;
    };

    it('is named damaged wherever a byte is flipped', async () => {
      for (const at of [20, 200, whole.length >> 1, whole.length - 40])
        expect(await restoring(flipped(whole, at)), `byte ${at}`).to.include({ code: 'BACKUP_DAMAGED' });
      const key = plain.indexOf('{"current":"k"}');
      const failure = await restoring(flipped(plain, key + 12), null);
      expect(failure).to.include({ code: 'BACKUP_DAMAGED' });
      expect(String(failure)).to.include('files/keys/keys.json');
    });

    it('is named truncated wherever it is cut', async () => {
      for (const at of [100, 65_536 + 16, whole.length >> 1, whole.length - 1])
        expect(await restoring(whole.subarray(0, at)), `cut at ${at}`).to.include({ code: 'BACKUP_TRUNCATED' });
      expect(await restoring(plain.subarray(0, plain.length >> 1), null)).to.include({ code: 'BACKUP_TRUNCATED' });
    });

    it('says so when the passphrase is another, or is missing', async () => {
      expect(await restoring(whole, Buffer.from('another'))).to.include({ code: 'BACKUP_PASSPHRASE' });
      expect(await restoring(whole, null)).to.include({ code: 'BACKUP_PASSPHRASE' });
    });

    it('is refused when a newer Containr made it', async () => {
      const at = plain.indexOf('"version":"') + '"version":"'.length;
      const later = Buffer.from(plain);
      later[at] = '9'.charCodeAt(0);
      expect(await restoring(later, null)).to.include({ code: 'BACKUP_NEWER' });
    });
  });

  it('copies a database that does not run', async () => {
    const { rows } = await pool.query<{ count: string }>('select count(*) from notes');
    await pool.end();
    await cluster?.stop();
    cluster = null;
    pool = new pg.Pool();
    const file = join(folder, 'cold.tar.zst');
    await createBackup({ data, file, passphrase, signal });
    const restored = join(folder, 'restored-cold');
    await restoreBackup({ file, data: restored, passphrase, signal, log });
    expect((await notesIn(restored)).count).to.equal(Number(rows[0]?.count));
    await truncate(file, 0);
    expect(await caught(restoreBackup({ file, data: join(folder, 'x'), passphrase, signal, log }))).to.include({
      code: 'BACKUP_TRUNCATED',
    });
  });
});

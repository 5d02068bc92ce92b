import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createLogger } from '@containr/sdk/host';
import { openDatabase } from './database.ts';

const log = createLogger({ level: 'silent' });
const asRoot = process.getuid?.() === 0;

describe('database by URL', function () {
  this.timeout(60_000);
  let data: string;
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'database-'));
  });
  afterEach(() => rm(data, { recursive: true, force: true }));

  it('uses a Postgres that a URL names', async function () {
    const bin = ['/usr/lib/postgresql/15/bin', '/usr/lib/postgresql/17/bin', '/usr/lib/postgresql/16/bin'].find(
      (folder) => spawnSync(join(folder, 'postgres'), ['--version']).status === 0,
    );
    if (bin === undefined) {
      log.info({}, 'apt-get install postgresql brings a Postgres to test with');
      return this.skip();
    }
    const cluster = join(data, 'given');
    const user = asRoot ? { uid: 65_534, gid: 65_534 } : {};
    await chmod(data, 0o755);
    await mkdir(cluster, { mode: 0o700 });
    if (asRoot) await chown(cluster, 65_534, 65_534);
    expect(
      spawnSync(join(bin, 'initdb'), ['-D', cluster, '-U', 'boss', '--auth=trust'], { ...user, cwd: '/' }).status,
    ).to.equal(0);
    const server = spawn(join(bin, 'postgres'), ['-D', cluster, '-k', cluster, '-c', 'listen_addresses='], {
      ...user,
      cwd: '/',
      stdio: 'ignore',
    });
    const url = `postgresql://boss@localhost/postgres?host=${encodeURIComponent(cluster)}`;
    const warnings: string[] = [];
    const loud = createLogger({ destination: { write: (line) => void warnings.push(line) } });
    await until(() =>
      openDatabase({ data, databaseUrl: url, log }).then(
        (database) => database.stop().then(() => true),
        () => false,
      ),
    );
    const database = await openDatabase({ data, databaseUrl: url, log: loud });
    expect((await database.pool.query('select 1 as one')).rows).to.deep.equal([{ one: 1 }]);
    expect(warnings.join()).to.contain('row-level security');
    await database.stop();
    expect(server.exitCode).to.equal(null);
    const ended = once(server, 'exit');
    server.kill('SIGINT');
    await ended;
  });
  it("says that a URL's database does not answer", async () => {
    const error: unknown = await openDatabase({ data, databaseUrl: 'postgresql://x@127.0.0.1:1/x', log }).catch(
      (reason: unknown) => reason,
    );
    expect(error).to.have.property('code', 'DEPENDENCY_DOWN');
  });
});

async function until(check: () => Promise<boolean>, ms = 10_000): Promise<void> {
  const late = Date.now() + ms;
  while (!(await check())) {
    if (Date.now() > late) throw new Error('It did not become true in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

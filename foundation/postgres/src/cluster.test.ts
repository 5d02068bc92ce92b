import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { createLogger } from '@containr/sdk/host';
import { startCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';

const log = createLogger({ level: 'silent' });
const asRoot = process.getuid?.() === 0;
const program = `
  const { startCluster } = await import(${JSON.stringify(new URL('./cluster.ts', import.meta.url).href)});
  const { createLogger } = await import(${JSON.stringify(new URL('../../../sdk/plugin/src/host/log.ts', import.meta.url).href)});
  const cluster = await startCluster({ data: process.argv[1], log: createLogger({ level: 'silent' }) });
  const { default: pg } = await import('pg');
  const client = new pg.Client({ host: cluster.socket, user: cluster.role, database: cluster.role });
  client.on('error', () => {});
  await client.connect();
  await client.query('create table if not exists kept (n int)');
  await client.query('insert into kept values (1)');
  const { rows } = await client.query('select count(*)::int as n from kept');
  console.log(JSON.stringify({ rows: rows[0].n, uid: process.getuid() }));
  if (process.argv[2] === 'stop') await cluster.stop();
  else setInterval(() => {}, 1000);
`;

/** Starts a control plane's database in a process of its own; gives what it says first. */
async function start(
  data: string,
  options: { uid?: number; then?: 'stop' } = {},
): Promise<{ child: ChildProcess; rows: number; uid: number }> {
  const node = [
    process.execPath,
    '--conditions=containr-src',
    '--input-type=module',
    '-e',
    program,
    data,
    options.then ?? 'stay',
  ];
  const argv =
    options.uid === undefined
      ? node
      : ['setpriv', '--reuid', `${options.uid}`, '--regid', `${options.uid}`, '--clear-groups', ...node];
  const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const line = await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error(said))),
  ]);
  return { child, ...(JSON.parse(String(line[0])) as { rows: number; uid: number }) };
}

async function ask(cluster: Cluster, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ host: cluster.socket, user: cluster.role, database: cluster.role });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

async function serverPids(data: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (/^\d+$/.test(name) && (await readlink(`/proc/${name}/cwd`).catch(() => '')) === data) found.push(Number(name));
  }
  return found;
}

async function until(check: () => Promise<boolean>, ms = 10_000): Promise<void> {
  const late = Date.now() + ms;
  while (!(await check())) {
    if (Date.now() > late) throw new Error('It did not become true in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('embedded database', function () {
  this.timeout(60_000);
  let data: string;
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'cluster-'));
  });
  afterEach(async () => {
    spawnSync('kill', ['-KILL', ...(await serverPids(join(data, 'postgres/data'))).map(String)]);
    await until(async () => (await serverPids(join(data, 'postgres/data'))).length === 0);
    await rm(data, { recursive: true, force: true });
  });

  it('starts without a network port, as a role that row-level security binds, and stops cleanly', async () => {
    const cluster = await startCluster({ data, log });
    const { rows } = await ask(
      cluster,
      `select current_user as who, rolsuper or rolbypassrls as mighty, current_setting('listen_addresses') as addresses from pg_roles where rolname = current_user`,
    );
    expect(rows).to.deep.equal([{ who: 'containr', mighty: false, addresses: '' }]);
    expect([
      (await stat(join(data, 'postgres/data'))).mode & 0o777,
      (await stat(join(data, 'postgres/socket'))).mode & 0o777,
    ]).to.deep.equal([0o700, 0o700]);
    await cluster.stop();
    expect(await serverPids(join(data, 'postgres/data'))).to.deep.equal([]);
  });
  it('keeps every row over a restart', async () => {
    for (const rows of [1, 2]) {
      const run = await start(data, { then: 'stop' });
      expect(run.rows).to.equal(rows);
      await once(run.child, 'exit');
    }
  });
  it('finds everything after the control plane was killed', async () => {
    await end((await start(data)).child);
    const again = await start(data);
    expect(again.rows).to.equal(2);
    await end(again.child);
  });
  it('finds everything after the control plane and every process of the database were killed', async () => {
    const { child } = await start(data);
    const servers = await serverPids(join(data, 'postgres/data'));
    expect(servers).to.have.length.greaterThan(2);
    child.kill('SIGSTOP');
    for (const pid of servers) process.kill(pid, 'SIGKILL');
    await end(child);
    const again = await start(data);
    expect(again.rows).to.equal(2);
    await end(again.child);
  });
  it('waits for the end of a backend whose postmaster was killed', async () => {
    const { child } = await start(data);
    const [lock = ''] = (await readFile(join(data, 'postgres/data/postmaster.pid'), 'utf8')).split('\n');
    const backends = (await serverPids(join(data, 'postgres/data'))).filter((pid) => pid !== Number(lock));
    for (const pid of backends) process.kill(pid, 'SIGSTOP');
    child.kill('SIGSTOP');
    process.kill(Number(lock), 'SIGKILL');
    await end(child);
    const again = start(data);
    await until(
      async () => (await readFile(join(data, 'postgres/owner'), 'utf8')).startsWith(`${child.pid} `) === false,
    );
    for (const pid of backends) process.kill(pid, 'SIGCONT');
    const { rows, child: second } = await again;
    expect(rows).to.equal(2);
    await end(second);
  });
  it('starts although the lock file names a stranger that got the pid', async () => {
    await end((await start(data, { then: 'stop' })).child);
    await until(async () => (await serverPids(join(data, 'postgres/data'))).length === 0);
    await writeFile(join(data, 'postgres/data/postmaster.pid'), `${process.pid}\n${join(data, 'postgres/data')}\n`);
    const again = await start(data);
    expect(again.rows).to.equal(2);
    await end(again.child);
  });
  it('comes back by itself when the server alone dies', async () => {
    const cluster = await startCluster({ data, log });
    const [lock = ''] = (await readFile(join(data, 'postgres/data/postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(lock), 'SIGKILL');
    await until(
      async () =>
        (await readFile(join(data, 'postgres/data/postmaster.pid'), 'utf8').catch(() => lock)).split('\n')[0] !== lock,
    );
    await until(() =>
      ask(cluster, 'select 1').then(
        () => true,
        () => false,
      ),
    );
    await cluster.stop();
  });
  it('refuses a data folder that another living process uses', async () => {
    const { child } = await start(data);
    const error: unknown = await startCluster({ data, log }).catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'DATA_IN_USE');
    expect(await serverPids(join(data, 'postgres/data'))).not.to.deep.equal([]);
    await end(child);
  });
  it('outlives Ctrl-C, which reaches the control plane only', async () => {
    const { child } = await start(data);
    const [lock = ''] = (await readFile(join(data, 'postgres/data/postmaster.pid'), 'utf8')).split('\n');
    const session = (await readFile(`/proc/${lock}/stat`, 'utf8')).split(') ')[1]?.split(' ')[3];
    expect(session).to.equal(lock);
    await end(child);
  });
  it("takes a socket folder elsewhere when the data folder's path is too long for one", async () => {
    const deep = join(data, 'd'.repeat(60), 'e'.repeat(60));
    await mkdir(deep, { recursive: true });
    await chmod(dirname(deep), 0o755);
    await chmod(data, 0o755);
    const { child, rows } = await start(deep);
    expect(rows).to.equal(1);
    await end(child);
    await until(async () => (await serverPids(join(deep, 'postgres/data'))).length === 0);
  });
  it('works for an ordinary user, also one without a name', async function () {
    if (!asRoot) return this.skip();
    await chown(data, 4242, 4242);
    const run = await start(data, { uid: 4242 });
    expect(run).to.include({ rows: 1, uid: 4242 });
    expect((await stat(join(data, 'postgres/data'))).uid).to.equal(4242);
    await end(run.child);
    const again = await start(data, { uid: 4242 });
    expect(again.rows).to.equal(2);
    await end(again.child);
  });
  it('runs as a user of its own below a folder that only root may enter', async function () {
    if (!asRoot) return this.skip();
    const closed = join(data, 'closed');
    await mkdir(join(closed, 'data'), { recursive: true });
    await chmod(closed, 0o700);
    const run = await start(join(closed, 'data'));
    const elsewhere = await readlink(join(closed, 'data/postgres'));
    expect((await stat(join(elsewhere, 'data'))).uid).to.equal(61_000);
    await end(run.child);
    await until(async () => (await serverPids(join(elsewhere, 'data'))).length === 0);
    const again = await start(join(closed, 'data'));
    expect(again.rows).to.equal(2);
    await end(again.child);
    await until(async () => (await serverPids(join(elsewhere, 'data'))).length === 0);
    await rm(elsewhere, { recursive: true });
  });
});

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { AgentContext } from '@containr/sdk/agent';
import { Scope } from '@containr/sdk';
import { createExec, createLogger } from '@containr/sdk/host';
import { expect } from 'chai';
import type { Keeper } from '@containr/sdk/ingress';
import { askHealth, controlPath, keepIngress, putTable, readRecord, signalRecorded } from '@containr/sdk/ingress';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const bundle = fileURLToPath(new URL('../dist/router.bundle.mjs', import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('ingress on a node', () => {
  let directory: string;
  const scopes: Scope[] = [];

  /** One life of the agent half. */
  async function life(): Promise<{ keeper: Keeper; end(): Promise<unknown> }> {
    const scope = new Scope('ingress');
    scopes.push(scope);
    const log = createLogger({ level: 'silent' });
    const agent: AgentContext = {
      plugin: 'ingress',
      node: { id: randomUUID(), name: 'test', address: '127.0.0.1' },
      install: randomUUID(),
      log,
      exec: createExec({ log }),
      directory,
      signal: scope.signal,
      program: () => bundle,
      capability: () => scope.own('capability', () => undefined),
      report: async () => undefined,
      onConnect: () => scope.own('connect', () => undefined),
      fetch: () => Promise.reject(new Error('not here')),
      sendFile: () => Promise.reject(new Error('not here')),
      fetchFile: () => Promise.reject(new Error('not here')),
      own: (label, undo) => scope.own(label, undo),
    };
    return { keeper: await keepIngress(agent), end: () => scope.dispose() };
  }

  before(async function () {
    this.timeout(60_000);
    await promisify(execFile)(process.execPath, [join(root, 'install/build-agents.mjs'), 'ingress'], { cwd: root });
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'keeper-'));
  });
  afterEach(async () => {
    for (const scope of scopes.splice(0)) await scope.dispose();
    const record = await readRecord(join(directory, 'router.json'));
    if (record) await signalRecorded(record, 'SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });

  it('starts the ingress in a session of its own, and finds it again after the agent died', async () => {
    const place = { port: await freePort(), host: '127.0.0.1' };
    const first = await life();
    const { health } = await first.keeper.ensure(place);
    const [, , pid, , , session] =
      (await readFile(`/proc/${health.pid}/stat`, 'utf8')).match(/^(\d+) \((.*)\) (\S) (\d+) (\d+) (\d+)/) ?? [];
    expect([pid, session]).to.not.include(undefined);
    expect(Number(session)).to.equal(health.pid);
    await first.end();
    const second = await life();
    expect((await second.keeper.ensure(place)).health.pid).to.equal(health.pid);
  });

  it('starts it again with its last table when it dies', async function () {
    this.timeout(20_000);
    const place = { port: await freePort(), host: '127.0.0.1' };
    const { keeper } = await life();
    const { health } = await keeper.ensure(place);
    await putTable(keeper.socket, { revision: 7, routes: [] });
    process.kill(health.pid, 'SIGKILL');
    const deadline = Date.now() + 15_000;
    let again = await askHealth(keeper.socket);
    while (again === null || again.pid === health.pid) {
      expect(Date.now()).to.be.lessThan(deadline);
      again = await askHealth(keeper.socket);
    }
    expect([again.port, again.revision]).to.deep.equal([place.port, 7]);
    expect(await putTable(keeper.socket, { revision: 6, routes: [] })).to.deep.equal({ applied: false, revision: 7 });
  });

  it('moves to another port, and stays where it serves when that port is taken', async () => {
    const place = { port: await freePort(), host: '127.0.0.1' };
    const { keeper } = await life();
    await keeper.ensure(place);
    const moved = { ...place, port: await freePort() };
    expect((await keeper.ensure(moved)).health.port).to.equal(moved.port);
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { health, note } = await keeper.ensure({ ...place, port });
    taken.close();
    expect(health.port).to.equal(moved.port);
    expect(note).to.include(String(port));
  });

  it('says which port is in use when it can not start at all', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { keeper } = await life();
    const failure = await keeper.ensure({ port, host: '127.0.0.1' }).catch((error: unknown) => error);
    taken.close();
    expect(failure).to.include({ code: 'PORT_IN_USE' });
  });

  it('finds a short place for its socket when the folder has a long path', () => {
    const long = join(directory, 'x'.repeat(100));
    expect(Buffer.byteLength(controlPath(long))).to.be.lessThan(100);
    expect(controlPath(long)).to.equal(controlPath(long));
    rmdirSync(dirname(controlPath(long)));
  });
});

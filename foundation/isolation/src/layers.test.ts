import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { breakOuts } from '../test/break-outs.ts';
import type { IsolationDocument } from '@containr/cell';

interface Told {
  readonly layers: IsolationDocument;
  readonly tried: Readonly<Record<string, string>>;
  readonly free: Readonly<Record<string, string>>;
  readonly environment: object;
}

const nobody = 65_534;

describe('layers that keep a plugin’s process apart, without Node’s permission model', function () {
  this.timeout(60_000);
  let folder: string;
  const undo: (() => unknown)[] = [];
  before(function () {
    if (process.getuid?.() !== 0) this.skip();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'containr-layers-'));
  });
  afterEach(async () => {
    for (const one of undo.splice(0).toReversed()) await one();
    await rm(folder, { recursive: true, force: true });
  });

  /** Lays out what there is to get at, all of it owned by `uid`, and lets that user run a plugin beside it. */
  async function tell(uid: number): Promise<Told> {
    await chmod(folder, 0o755);
    const secret = join(folder, 'private');
    await mkdir(secret, { mode: 0o700 });
    await writeFile(join(secret, 'canary'), 'canary', { mode: 0o600 });
    for (const path of [folder, secret, join(secret, 'canary')]) await chown(path, uid, uid);
    const socket = join(secret, 'socket');
    const abstract = `containr-canary-${process.pid}-${uid}`;
    const port = ((await listen({ port: 0, host: '127.0.0.1' })).address() as AddressInfo).port;
    await listen({ path: socket });
    await chown(socket, uid, uid);
    await listen({ path: `\0${abstract}` });
    const setuid = join(folder, 'id');
    await copyFile('/usr/bin/id', setuid);
    await chmod(setuid, 0o4755);
    const other = spawn('/bin/sleep', ['60'], { env: { CANARY: 'canary' }, uid, gid: uid, stdio: 'ignore' });
    await once(other, 'spawn');
    undo.push(() => other.kill('SIGKILL'));
    const targets = { file: join(secret, 'canary'), pid: other.pid, port, socket, abstract, setuid, uid };
    const program = fileURLToPath(new URL('../test/cell-program.ts', import.meta.url));
    const node = ['--conditions=containr-src', '--disable-warning=ExperimentalWarning', program];
    const { stdout } = await promisify(execFile)(process.execPath, [...node, folder, JSON.stringify(targets)], {
      uid,
      gid: uid,
      env: { CANARY: 'canary' },
      timeout: 50_000,
    });
    return JSON.parse(stdout) as Told;
  }

  async function listen(on: { path: string } | { port: number; host: string }): Promise<Server> {
    const server = createServer((connection) => connection.destroy()).listen(on);
    await once(server, 'listening');
    undo.push(() => server.close());
    return server;
  }

  /** What a layer is said to stop is stopped; what none is said to stop gets through, as in a process that is not kept apart. */
  function expectHonest({ layers, tried, free, environment }: Told): void {
    const holds = new Map(layers.map((one) => [one.layer as string, one.holds]));
    expect(environment).to.deep.equal({});
    for (const [name, [layer]] of Object.entries(breakOuts)) {
      expect(free[name], `${name}, in an ordinary process`).to.equal('got');
      if (holds.get(layer)) expect(tried[name], `${name}, though ${layer} holds`).to.not.equal('got');
      else expect(tried[name], `${name}, as ${layer} does not hold`).to.equal('got');
    }
  }

  it('hold as they are told, for a control plane that is root', async () => {
    const told = await tell(0);
    expect(told.layers.find(({ layer }) => layer === 'node')?.holds).to.equal(false);
    expectHonest(told);
  });

  it('hold as they are told, for a control plane that is an ordinary user', async () => {
    const told = await tell(nobody);
    const user = told.layers.find(({ layer }) => layer === 'user');
    expect([user?.holds, user?.says]).to.deep.equal([
      false,
      'It runs as the user of Containr itself: only Node’s permission model keeps it from that user’s files.',
    ]);
    expectHonest(told);
  });
});

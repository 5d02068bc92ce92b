import { execFile } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isContainrError } from '@containr/sdk';
import type { ReplicaState } from '@containr/sdk/contracts';
import { expect } from 'chai';
import { buildRequest, eventually, NodeFixture, processesWith, replicaSpec } from '../test/node-fixture.ts';
import type { ProcessRuntime } from './process-runtime.ts';

const execute = promisify(execFile);
const server = `
import http from 'node:http';
import { writeFileSync } from 'node:fs';
const tried = {};
for (const path of ['mark', process.env.HOME + '/mark', process.env.TMPDIR + '/mark']) { try { writeFileSync(path, ''); tried[path] = true } catch { tried[path] = false } }
process.on('SIGTERM', () => { console.log('stopping'); process.exit(0); });
http.createServer((request, response) => {
  if (request.url === '/exit') process.exit(3);
  if (request.url === '/eat') { const eaten = []; setInterval(() => eaten.push(Buffer.alloc(30_000_000, 1)), 5); }
  response.end(JSON.stringify({ uid: process.getuid(), secret: process.env.SECRET, built: process.env.BUILT, tried }));
}).listen(process.env.PORT, () => console.log('listening'));
`;

describe('The process runtime', function () {
  this.timeout(40_000);
  let node: NodeFixture;
  let runtime: ProcessRuntime;
  const isRoot = process.getuid?.() === 0;
  const io = { signal: new AbortController().signal, output: () => undefined };

  before(async function () {
    if (!isRoot && process.env['CI'] !== 'true') this.skip();
  });

  beforeEach(async () => {
    node = await NodeFixture.create();
    runtime = await node.runtime();
    await node.source({ 'server.mjs': server });
  });

  afterEach(async () => {
    await node.remove(runtime);
  });

  async function answer(state: ReplicaState, path = '/'): Promise<Record<string, unknown>> {
    return eventually('an answer', () =>
      fetch(`http://127.0.0.1:${state.port}${path}`).then(
        async (response) => Object(await response.json()),
        () => null,
      ),
    );
  }

  async function current(replica: string): Promise<ReplicaState | undefined> {
    return (await runtime.list()).find((state) => state.replica === replica);
  }

  it('builds a source and starts what answers over HTTP, as a user of its own with a read-only app', async () => {
    const artifact = await runtime.build(
      buildRequest({ build: ['echo built > made-by-build'], variables: { BUILT: 'yes' } }),
      io,
    );
    const state = await runtime.start(replicaSpec(artifact, { variables: { SECRET: `it's "$HOME"` } }));
    expect(state).to.include({ state: 'running', restarts: 0, runtime: 'process' });
    const { uid, secret, built, tried } = await answer(state);
    expect({ secret, built }).to.deep.equal({ secret: `it's "$HOME"`, built: 'yes' });
    expect(uid).to.be.greaterThan(0);
    expect(Object.values(Object(tried))).to.deep.equal([false, true, true]);
    expect(existsSync(join(artifact.reference, 'app/made-by-build'))).to.equal(true);
    expect(await runtime.listeners(state.replica)).to.deep.equal([{ address: '::', port: state.port }]);
  });

  it('keeps variables out of argument lists and files', async () => {
    const secret = `s3cr3t-${Date.now()}`;
    const artifact = await runtime.build(buildRequest({}), io);
    const state = await runtime.start(replicaSpec(artifact, { variables: { SECRET: secret } }));
    await answer(state);
    expect(await processesWith(secret)).to.deep.equal([]);
    const found = await execute('grep', ['-rl', secret, node.directory]).catch(
      (error: { code: number; stdout: string }) => error,
    );
    expect(found).to.include({ code: 1, stdout: '' });
  });

  it('is adopted by a new runtime object, and leaves nothing when stopped', async () => {
    const artifact = await runtime.build(buildRequest({}), io);
    const state = await runtime.start(replicaSpec(artifact));
    await answer(state);
    runtime = await node.runtime();
    expect(await runtime.list()).to.deep.equal([await current(state.replica)]);
    expect((await current(state.replica))?.startedAt).to.equal(state.startedAt);
    await runtime.stop({ replica: state.replica, signal: 'SIGTERM', graceMs: 2000 });
    expect(await runtime.list()).to.deep.equal([]);
    expect(readdirSync(join(node.agent.directory, 'replicas'))).to.deep.equal([]);
    expect(await processesWith(state.replica)).to.deep.equal([]);
    for (const controller of ['memory', 'pids', 'cpu', '.'])
      expect(existsSync(`/sys/fs/cgroup/${controller}/containr-${state.replica}`)).to.equal(false);
  });

  it('starts a replica once, however often it is asked', async () => {
    const artifact = await runtime.build(buildRequest({}), io);
    const spec = replicaSpec(artifact);
    const [first, second] = await Promise.all([runtime.start(spec), runtime.start(spec)]);
    expect(second.port).to.equal(first.port);
    expect(await runtime.list()).to.have.length(1);
  });

  it('follows what a replica writes and goes on after a cursor', async () => {
    const artifact = await runtime.build(
      buildRequest({ start: 'for i in 1 2 3; do echo line $i; echo problem $i >&2; done' }),
      io,
    );
    const state = await runtime.start(replicaSpec(artifact));
    const entries = [];
    for await (const entry of runtime.logs(state.replica, null, io.signal)) entries.push(entry);
    expect(entries.filter((entry) => entry.stream === 'stdout').map((entry) => entry.text)).to.deep.equal([
      'line 1',
      'line 2',
      'line 3',
    ]);
    expect(entries.filter((entry) => entry.stream === 'stderr')).to.have.length(3);
    const rest = [];
    for await (const entry of runtime.logs(state.replica, entries[3]?.cursor ?? null, io.signal)) rest.push(entry.text);
    expect(rest).to.deep.equal(entries.slice(4).map((entry) => entry.text));
  });

  it('tells the exit code, and counts restarts', async () => {
    const artifact = await runtime.build(buildRequest({ start: 'exit 7' }), io);
    const once = await runtime.start(replicaSpec(artifact));
    const ended = await eventually(
      'the end',
      async () => (await current(once.replica))?.state === 'exited' && current(once.replica),
    );
    expect(ended).to.include({ exitCode: 7, restarts: 0, outOfMemory: false });
    const again = await runtime.start(replicaSpec(artifact, { restart: 'on-failure' }));
    await eventually('two restarts', async () => ((await current(again.replica))?.restarts ?? 0) >= 2);
  });

  it('says that a command does not exist by exit code 127', async () => {
    const artifact = await runtime.build(buildRequest({ start: 'no-such-program' }), io);
    const state = await runtime.start(replicaSpec(artifact));
    const ended = await eventually(
      'the end',
      async () => (await current(state.replica))?.state === 'exited' && current(state.replica),
    );
    expect(ended).to.include({ exitCode: 127 });
  });

  it('ends a replica that takes more memory than it may, and says so', async function () {
    const artifact = await runtime.build(buildRequest({}), io);
    const state = await runtime.start(replicaSpec(artifact));
    if (state.isolation.includes('no limits')) return this.skip();
    await answer(state);
    await fetch(`http://127.0.0.1:${state.port}/eat`).catch(() => undefined);
    const ended = await eventually(
      'the end',
      async () => (await current(state.replica))?.state === 'exited' && current(state.replica),
    );
    expect(ended).to.include({ outOfMemory: true, exitCode: 137 });
  });

  it('takes a replica for ended when its supervisor is killed, and the command dies with it', async () => {
    const artifact = await runtime.build(buildRequest({ start: 'exec node server.mjs mark-of-orphan' }), io);
    const state = await runtime.start(replicaSpec(artifact, { restart: 'always' }));
    await answer(state);
    const changes: string[] = [];
    const watching = new AbortController();
    const watched = runtime.watch((replica) => changes.push(replica), watching.signal);
    const [supervisor] = (await execute('pgrep', ['-f', `root=.*${state.replica}`])).stdout.trim().split('\n');
    const parent = (await execute('ps', ['-o', 'ppid=', '-p', String(supervisor)])).stdout.trim();
    process.kill(Number(parent), 'SIGKILL');
    await eventually('the command to be gone', async () => (await processesWith('mark-of-orphan')).length === 0);
    expect(await current(state.replica)).to.include({ state: 'exited', exitCode: 137 });
    await eventually('the change', () => changes.includes(state.replica));
    watching.abort();
    await watched;
  });

  it('ends a replica whose record was taken away: nobody could stop it any more', async () => {
    const artifact = await runtime.build(buildRequest({ start: 'exec node server.mjs mark-of-forgotten' }), io);
    const state = await runtime.start(replicaSpec(artifact));
    await answer(state);
    rmSync(join(node.agent.directory, 'records', `${state.replica}.json`));
    await eventually(
      'the command to be gone',
      async () => (await processesWith('mark-of-forgotten')).length === 0,
      25_000,
    );
    await eventually('no process', async () => (await processesWith(state.replica)).length === 0);
    expect(existsSync(`/sys/fs/cgroup/memory/containr-${state.replica}`)).to.equal(false);
  });

  it('fails a build with the command, its exit code and last lines, and leaves nothing', async () => {
    const error = await runtime
      .build(buildRequest({ build: ['echo fine', 'echo about to fail; exit 4'] }), io)
      .catch((caught: unknown) => caught);
    if (!isContainrError(error)) throw new Error('The build did not fail as it should');
    expect(error.code).to.equal('BUILD_FAILED');
    expect(error.message).to.contain('exit code 4').and.to.contain('about to fail');
    for (const folder of ['artifacts', 'builds'])
      expect(readdirSync(join(node.agent.directory, folder))).to.deep.equal([]);
  });

  it('ends every process of a cancelled build within a second', async () => {
    const cancel = new AbortController();
    const lines: string[] = [];
    const building = runtime.build(
      buildRequest({ build: ['(setsid sleep 4711 &) ; sleep 4712 & echo begun; sleep 4713'] }),
      { signal: cancel.signal, output: (text) => lines.push(text) },
    );
    building.catch(() => undefined);
    await eventually('the build to begin', () => lines.includes('begun'));
    expect(await processesWith('sleep 471')).to.have.length.greaterThan(1);
    cancel.abort();
    const began = performance.now();
    const error = await building.catch((caught: unknown) => caught);
    expect(isContainrError(error) && error.code).to.equal('CANCELLED');
    await eventually('no process', async () => (await processesWith('sleep 471')).length === 0, 1000);
    expect(performance.now() - began).to.be.lessThan(1500);
    expect(readdirSync(join(node.agent.directory, 'artifacts'))).to.deep.equal([]);
  });

  it('gives a finished artifact again for the same content and plan, and removes it when told', async () => {
    const first = await runtime.build(buildRequest({}), io);
    expect(await runtime.build(buildRequest({}), io)).to.deep.equal(first);
    const other = await runtime.build(buildRequest({}, { treeHash: 'b'.repeat(40) }), io);
    expect(other.reference).not.to.equal(first.reference);
    await runtime.removeArtifact(first);
    expect([await runtime.exists(first), await runtime.exists(other)]).to.deep.equal([false, true]);
  });

  it('runs a one-off command in an artifact and gives its exit code and output', async () => {
    const artifact = await runtime.build(buildRequest({}), io);
    const lines: string[] = [];
    const request = {
      run: artifact.id,
      service: 'a',
      deployment: 'b',
      artifact,
      command: ['node', '-e', 'console.log(process.env.NAME, process.getuid() > 0); process.exit(5)'],
      variables: { NAME: 'once' },
      resources: { cpu: 1, memoryBytes: 200_000_000 },
    };
    const result = await runtime.run(request, { signal: io.signal, output: (text) => lines.push(text) });
    expect({ ...result, lines }).to.deep.equal({ exitCode: 5, lines: ['once true'] });
  });

  it('refuses what needs a container engine', async () => {
    const error = await runtime
      .build(buildRequest({ dockerfilePath: 'Dockerfile', dockerfile: 'FROM scratch' }), io)
      .catch((caught: unknown) => caught);
    expect(isContainrError(error) && error.code).to.equal('BUILDER_NEEDS_ENGINE');
  });
});

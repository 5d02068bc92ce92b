import type { Artifact, ReplicaState } from '@containr/sdk/contracts';
import { expect } from 'chai';
import { buildRequest, EngineFixture, eventually, failure, replicaSpec, testImages } from '../test/engine-fixture.ts';
import type { DockerRuntime } from './docker-runtime.ts';

const server = `
const http = require('node:http');
process.on('SIGTERM', () => { console.log('stopping'); process.exit(0); });
http.createServer((request, response) => {
  if (request.url === '/exit') process.exit(3);
  if (request.url === '/eat') { const eaten = []; setInterval(() => eaten.push(Buffer.alloc(30_000_000, 1)), 5); }
  response.end(JSON.stringify({ secret: process.env.SECRET, port: process.env.PORT }));
}).listen(process.env.PORT, () => console.log('listening'));
`;

describe('The docker runtime', function () {
  this.timeout(90_000);
  let fixture: EngineFixture;
  let runtime: DockerRuntime;
  let image = '';
  const io = { signal: new AbortController().signal, output: () => undefined };

  before(async function () {
    const images = await testImages();
    const probe = await EngineFixture.create();
    const ready = images !== null && (await probe.engineAnswers());
    await probe.remove().catch(() => undefined);
    if (!ready && process.env['CI'] !== 'true') return this.skip();
    if (!images) throw new Error('The test set-up made no base images');
    image = images.node;
  });

  beforeEach(async () => {
    fixture = await EngineFixture.create();
    runtime = await fixture.runtime();
    await fixture.source({ 'server.js': server });
  });

  afterEach(async () => {
    await fixture.remove();
  });

  function build(): Promise<Artifact> {
    return runtime.build(
      buildRequest(`FROM ${image}\nWORKDIR /app\nCOPY . .\nEXPOSE 3000\nCMD ["node", "server.js"]\n`),
      io,
    );
  }

  async function answer(state: ReplicaState, path = '/'): Promise<Record<string, unknown>> {
    return eventually('an answer', () =>
      fetch(`http://${state.address}:${state.port}${path}`).then(
        async (response) => Object(await response.json()),
        () => null,
      ),
    );
  }

  async function current(replica: string): Promise<ReplicaState | undefined> {
    return (await runtime.list()).find((state) => state.replica === replica);
  }

  async function ended(replica: string): Promise<ReplicaState> {
    return eventually('the end', async () => {
      const state = await current(replica);
      return state?.state === 'exited' && state;
    });
  }

  it('builds an image and starts what answers over HTTP', async () => {
    const artifact = await build();
    expect(artifact).to.include({ kind: 'image', port: 3000, runtime: 'docker' });
    expect(artifact.command).to.deep.equal(['node', 'server.js']);
    const state = await runtime.start(replicaSpec(artifact, { variables: { SECRET: 'x y' } }));
    expect(state).to.include({ state: 'running', restarts: 0, isolation: 'container', port: 8080 });
    expect(await answer(state)).to.deep.equal({ secret: 'x y', port: '8080' });
    expect(await runtime.listeners(state.replica)).to.deep.equal([{ address: '::', port: 8080 }]);
  });

  it('is adopted by a new runtime object, and leaves nothing when stopped', async () => {
    const state = await runtime.start(replicaSpec(await build(), { restart: 'always' }));
    await answer(state);
    runtime = await fixture.runtime();
    expect(await current(state.replica)).to.deep.equal(state);
    await runtime.stop({ replica: state.replica, signal: 'SIGTERM', graceMs: 5000 });
    expect(await runtime.list()).to.deep.equal([]);
    const left = await fixture.engine.api.listContainers({
      all: true,
      filters: { label: [`containr.install=${fixture.agent.install}`] },
    });
    expect(left).to.deep.equal([]);
    await runtime.stop({ replica: state.replica, signal: 'SIGTERM', graceMs: 1000 });
  });

  it('starts a replica once, however often it is asked', async () => {
    const spec = replicaSpec(await build());
    const [first, second] = await Promise.all([runtime.start(spec), runtime.start(spec)]);
    expect(second).to.deep.equal(first);
    expect(await runtime.list()).to.have.length(1);
  });

  it('follows what a replica writes over a restart, and goes on after a cursor without a line twice', async () => {
    const state = await runtime.start(replicaSpec(await build(), { restart: 'on-failure' }));
    await answer(state);
    const following = new AbortController();
    const entries: { text: string; cursor: string }[] = [];
    const followed = (async () => {
      for await (const entry of runtime.logs(state.replica, null, following.signal)) entries.push(entry);
    })();
    await eventually('the first line', () => entries.length === 1);
    await fetch(`http://${state.address}:${state.port}/exit`).catch(() => undefined);
    await eventually('a line after the restart', () => entries.length === 2);
    following.abort();
    await followed;
    expect(entries.map((entry) => entry.text)).to.deep.equal(['listening', 'listening']);
    expect((await current(state.replica))?.restarts).to.equal(1);
    const rest: string[] = [];
    const after = new AbortController();
    const again = (async () => {
      for await (const entry of runtime.logs(state.replica, entries[0]?.cursor ?? null, after.signal))
        rest.push(entry.text);
    })();
    await eventually('the second line', () => rest.length === 1);
    await runtime.stop({ replica: state.replica, signal: 'SIGTERM', graceMs: 3000 });
    await again;
    after.abort();
    expect(rest).to.deep.equal(['listening', 'stopping']);
  });

  it('tells the exit code of a command in place of the image’s own', async () => {
    const state = await runtime.start(replicaSpec(await build(), { command: 'echo to stderr >&2; exit 7' }));
    expect(await ended(state.replica)).to.include({ exitCode: 7, outOfMemory: false });
    const lines = [];
    for await (const entry of runtime.logs(state.replica, null, io.signal)) lines.push([entry.stream, entry.text]);
    expect(lines).to.deep.equal([['stderr', 'to stderr']]);
  });

  it('tells of memory that ran out', async () => {
    const state = await runtime.start(replicaSpec(await build()));
    await answer(state);
    await fetch(`http://${state.address}:${state.port}/eat`).catch(() => undefined);
    expect(await ended(state.replica)).to.include({ outOfMemory: true, exitCode: 137 });
  });

  it('calls back when a replica changes', async () => {
    const changes: string[] = [];
    const watching = new AbortController();
    const watched = runtime.watch((replica) => changes.push(replica), watching.signal);
    const state = await eventually('a start', async () =>
      runtime.start(replicaSpec(await build(), { command: 'exit 0' })),
    );
    await ended(state.replica);
    await eventually('the change', () => changes.includes(state.replica));
    watching.abort();
    await watched;
  });

  it('says that a command does not exist by exit code 127', async () => {
    const state = await runtime.start(replicaSpec(await build(), { command: ['no-such-program'] }));
    expect(await ended(state.replica)).to.include({ exitCode: 127 });
  });

  it('says that an image can’t be fetched', async () => {
    const artifact = { ...(await build()), id: 'registry.invalid/nothing:1', reference: 'registry.invalid/nothing:1' };
    expect((await failure(runtime.start(replicaSpec(artifact)))).code).to.equal('IMAGE_PULL_FAILED');
  });

  it('runs a one-off command in an image and gives its exit code and output', async () => {
    const artifact = await build();
    const lines: string[] = [];
    const run = {
      run: crypto.randomUUID(),
      service: crypto.randomUUID(),
      deployment: crypto.randomUUID(),
      artifact,
      command: 'echo $NAME; exit 5',
      variables: { NAME: 'once' },
      resources: { cpu: 1, memoryBytes: 100_000_000 },
    };
    const result = await runtime.run(run, { signal: io.signal, output: (text) => lines.push(text) });
    expect({ ...result, lines }).to.deep.equal({ exitCode: 5, lines: ['once'] });
  });

  it('keeps an image that is used, and removes it when it is not', async () => {
    const artifact = await build();
    const state = await runtime.start(replicaSpec(artifact));
    expect((await failure(runtime.removeArtifact(artifact))).code).to.equal('CONFLICT_IN_USE');
    await runtime.stop({ replica: state.replica, signal: 'SIGKILL', graceMs: 0 });
    await runtime.removeArtifact(artifact);
    expect(await runtime.exists(artifact)).to.equal(false);
  });
});

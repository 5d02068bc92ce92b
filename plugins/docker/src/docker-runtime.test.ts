import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isContainrError } from '@containr/sdk';
import type { Artifact, ReplicaState } from '@containr/sdk/contracts';
import { expect } from 'chai';
import { buildRequest, EngineFixture, eventually, replicaSpec, testImages } from '../test/engine-fixture.ts';
import type { DockerRuntime } from './docker-runtime.ts';

const execute = promisify(execFile);
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
  let debian = '';
  const io = { signal: new AbortController().signal, output: () => undefined };

  before(async function () {
    const images = await testImages();
    const probe = await EngineFixture.create();
    const ready = images !== null && (await probe.engineAnswers());
    await probe.remove().catch(() => undefined);
    if (!ready && process.env['CI'] !== 'true') return this.skip();
    if (!images) throw new Error('The test set-up made no base images');
    image = images.node;
    debian = images.debian;
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

  async function failure(work: Promise<unknown>) {
    const error = await work.then(
      () => null,
      (caught: unknown) => caught,
    );
    if (!isContainrError(error)) throw new Error(`Expected a failure with a code, got ${String(error)}`);
    return error;
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

  it('fails a build with the step, its exit code and last lines', async () => {
    const error = await failure(runtime.build(buildRequest(`FROM ${image}\nRUN echo about to fail; exit 4\n`), io));
    expect(error.code).to.equal('BUILD_FAILED');
    expect(error.message)
      .to.contain('about to fail')
      .and.to.match(/exit code 4/);
  });

  it('names a base image that is not to be had', async () => {
    const error = await failure(runtime.build(buildRequest('FROM registry.invalid/missing-base:9\nRUN true\n'), io));
    expect(error.code).to.equal('BASE_IMAGE_UNAVAILABLE');
    expect(error.message).to.contain('registry.invalid/missing-base:9');
  });

  it('says what is wrong with a Dockerfile', async () => {
    expect((await failure(runtime.build(buildRequest(`FROM ${image}\nNONSENSE here\n`), io))).code).to.equal(
      'DOCKERFILE_INVALID',
    );
  });

  it('streams a build’s lines in order', async () => {
    const lines: string[] = [];
    await runtime.build(buildRequest(`FROM ${debian}\nRUN for i in 1 2 3; do echo line $i ${Date.now()}; done\n`), {
      signal: io.signal,
      output: (text) => lines.push(text),
    });
    expect(lines.filter((line) => line.startsWith('line ')).map((line) => line.slice(0, 6))).to.deep.equal([
      'line 1',
      'line 2',
      'line 3',
    ]);
  });

  it('ends a cancelled build within a second', async () => {
    const cancel = new AbortController();
    const lines: string[] = [];
    const mark = `91${Date.now() % 1_000_000}`;
    const building = failure(
      runtime.build(buildRequest(`FROM ${debian}\nRUN echo begun; sleep ${mark}\n`), {
        signal: cancel.signal,
        output: (text) => lines.push(text),
      }),
    );
    await eventually('the build to begin', () => lines.includes('begun'));
    const began = performance.now();
    cancel.abort();
    expect((await building).code).to.equal('CANCELLED');
    await eventually(
      'no process',
      () =>
        execute('pgrep', ['-f', `sleep ${mark}`]).then(
          () => false,
          () => true,
        ),
      2000,
    );
    expect(performance.now() - began).to.be.lessThan(1000);
  });

  it('leaves out what .dockerignore names, follows links, and keeps the plan’s files', async () => {
    await fixture.source({
      '.dockerignore': '*\n!kept\n!other/only.txt\n',
      'kept/a.txt': 'a',
      'dropped.txt': 'd',
      'other/only.txt': 'o',
      'other/not.txt': 'n',
    });
    const lines: string[] = [];
    const request = buildRequest(
      `FROM ${debian}\nCOPY . /context\nRUN cd /context && find . -type f | sort && echo ${Date.now()}\n`,
      {},
      { files: { '.containr/server.mjs': 'x' } },
    );
    await runtime.build(request, { signal: io.signal, output: (text) => lines.push(text) });
    expect(lines.filter((line) => line.startsWith('./'))).to.deep.equal([
      './.containr/server.mjs',
      './kept/a.txt',
      './other/only.txt',
    ]);
  });

  it('sees a change of equal size, and gives build secrets and declared arguments only', async () => {
    const dockerfile = `FROM ${debian}\nARG DECLARED\nCOPY value.txt /value.txt\nRUN --mount=type=secret,id=TOKEN : ${Date.now()}; echo "value $(cat /value.txt) $DECLARED [$UNDECLARED] $(cat /run/secrets/TOKEN)"\n`;
    const variables = { DECLARED: 'yes', UNDECLARED: 'no', TOKEN: 'hidden' };
    for (const value of ['one', 'two']) {
      await fixture.source({ 'value.txt': value });
      const lines: string[] = [];
      await runtime.build(buildRequest(dockerfile, { variables, treeHash: (value === 'one' ? 'c' : 'd').repeat(40) }), {
        signal: io.signal,
        output: (text) => lines.push(text),
      });
      expect(lines).to.include(`value ${value} yes [] hidden`);
    }
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

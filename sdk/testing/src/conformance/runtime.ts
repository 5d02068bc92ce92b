import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Runtime } from '@containr/sdk/contracts';
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import { defineCommandsInside } from './commands-inside.ts';
import { answerOf, current, ended, eventually, readLog, specFor } from './subject.ts';
import type { RuntimeSubject } from './subject.ts';

const quiet = { signal: new AbortController().signal, output: () => undefined };

/**
 * What every runtime must do, whatever drives it. `open` gives a subject, or `null` where the driver can't work: the suite is
 * skipped then.
 *
 * @example runtimeConformance('process', () => openSubject());
 */
export function runtimeConformance(driver: string, open: () => Promise<RuntimeSubject | null>): void {
  describe(`The contract of runtimes: ${driver}`, function () {
    this.timeout(120_000);
    let subject: RuntimeSubject | null = null;

    before(async function () {
      subject = await open();
      if (!subject) this.skip();
    });
    afterEach(async () => {
      for (const { replica } of (await subject?.runtime.list()) ?? [])
        await subject?.runtime.stop({ replica, signal: 'SIGKILL', graceMs: 0 });
    });
    after(() => subject?.remove());

    function node(): RuntimeSubject {
      if (!subject) throw new Error('There is no subject');
      return subject;
    }

    describe('replicas', () => defineReplicas(node));
    describe('ends', () => defineEnds(node));
    describe('commands inside', () => defineCommandsInside(node));
    describe('logs', () => defineLogs(node));
    describe('artifacts', () => defineArtifacts(node));
  });
}

function defineReplicas(node: () => RuntimeSubject): void {
  it('starts a replica that answers, with its variables and PORT', async () => {
    const { runtime, artifact } = node();
    const spec = specFor(artifact, { SECRET: `a "quoted" $value with 'all' of it` });
    const state = await runtime.start(spec);
    expect(state).to.include({
      replica: spec.replica,
      deployment: spec.deployment,
      service: spec.service,
      organisation: spec.organisation,
      runtime: runtime.driver,
    });
    const { secret, port } = await answerOf(state);
    expect(secret).to.equal(spec.variables['SECRET']);
    expect(Number(port)).to.be.greaterThan(0);
  });

  it('starts a replica once, however often it is asked', async () => {
    const { runtime, artifact } = node();
    const spec = specFor(artifact, {});
    const [first, second] = await Promise.all([runtime.start(spec), runtime.start(spec)]);
    const third = await runtime.start(spec);
    expect([second.port, third.port]).to.deep.equal([first.port, first.port]);
    expect(await runtime.list()).to.have.length(1);
  });

  it('lists the same replicas after the agent started again', async () => {
    const { runtime, artifact, reopen } = node();
    const spec = specFor(artifact, {});
    const { replica } = await runtime.start(spec);
    await answerOf(await eventually('the replica', () => current(runtime, replica)));
    const before = await runtime.list();
    const again = await reopen();
    expect(await again.list()).to.deep.equal(before);
    expect((await again.start(spec)).startedAt).to.equal(before[0]?.startedAt);
  });

  it('runs several replicas next to each other', async () => {
    const { runtime, artifact } = node();
    const states = await Promise.all([
      runtime.start(specFor(artifact, { SECRET: 'one' })),
      runtime.start(specFor(artifact, { SECRET: 'two' })),
    ]);
    const secrets = await Promise.all(states.map(answerOf));
    expect(secrets.map(({ secret }) => secret)).to.deep.equal(['one', 'two']);
  });

  it('tells what a replica listens on', async () => {
    const { runtime, artifact } = node();
    const state = await runtime.start(specFor(artifact, {}));
    const { port } = await answerOf(state);
    expect((await runtime.listeners(state.replica)).map((listener) => listener.port)).to.include(Number(port));
  });

  it('stops with the signal and removes, and does nothing the second time', async () => {
    const { runtime, artifact } = node();
    const state = await runtime.start(specFor(artifact, {}));
    await answerOf(state);
    const log = readLog(runtime, state.replica, null, 2);
    await runtime.stop({ replica: state.replica, signal: 'SIGTERM', graceMs: 5000 });
    expect((await log).map(({ text }) => text)).to.deep.equal(['listening', 'stopping']);
    expect(await runtime.list()).to.deep.equal([]);
    await runtime.stop({ replica: state.replica, signal: 'SIGTERM', graceMs: 0 });
    await runtime.stop({ replica: randomUUID(), signal: 'SIGTERM', graceMs: 0 });
    await expectNoAnswer(`http://${state.address}:${state.port}/`);
  });
}

async function expectNoAnswer(url: string): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2000) }).then(
    ({ status }) => status,
    () => 'none',
  );
  expect(answer).to.equal('none');
}

function defineEnds(node: () => RuntimeSubject): void {
  it('tells the exit code, and calls back when it happens', async () => {
    const { runtime, artifact } = node();
    const changed = new Set<string>();
    const watching = new AbortController();
    const watched = runtime.watch((replica) => changed.add(replica), watching.signal);
    const { replica } = await runtime.start(specFor(artifact, { MODE: 'exit', CODE: '7' }));
    expect(await ended(runtime, replica)).to.include({ exitCode: 7, outOfMemory: false, restarts: 0 });
    await eventually('the call back', () => changed.has(replica));
    watching.abort();
    await watched;
  });

  it('says by 127 that a command does not exist, or refuses to start it', async () => {
    const { runtime, artifact } = node();
    const { replica } = await runtime.start(specFor(artifact, {}, { command: 'no-such-program --at-all' }));
    expect(await ended(runtime, replica)).to.include({ exitCode: 127 });
  });

  it('keeps to the restart policy', async () => {
    const { runtime, artifact } = node();
    const failing = { MODE: 'exit', CODE: '3' };
    const fine = { MODE: 'exit', CODE: '0' };
    const never = await runtime.start(specFor(artifact, failing));
    const onFailure = await runtime.start(specFor(artifact, fine, { restart: 'on-failure' }));
    const failed = await runtime.start(specFor(artifact, failing, { restart: 'on-failure' }));
    const always = await runtime.start(specFor(artifact, fine, { restart: 'always' }));
    expect(await ended(runtime, never.replica)).to.include({ exitCode: 3, restarts: 0 });
    expect(await ended(runtime, onFailure.replica)).to.include({ exitCode: 0, restarts: 0 });
    for (const { replica } of [failed, always])
      await eventually('two restarts', async () => ((await current(runtime, replica))?.restarts ?? 0) >= 2);
  });

  it('stays ended after its tries', async () => {
    const { runtime, artifact } = node();
    const failing = { MODE: 'exit', CODE: '3' };
    const { replica } = await runtime.start(specFor(artifact, failing, { restart: 'on-failure', restartTries: 2 }));
    expect(await ended(runtime, replica)).to.include({ exitCode: 3, restarts: 2 });
  });

  it('flags a replica that took more memory than it may, where the limit holds', async function () {
    const { runtime, artifact } = node();
    const state = await runtime.start(specFor(artifact, {}));
    if (!/container|memory/.test(state.isolation)) this.skip();
    await answerOf(state);
    await fetch(`http://${state.address}:${state.port}/eat`).catch(() => undefined);
    expect(await ended(runtime, state.replica)).to.include({ outOfMemory: true, exitCode: 137 });
  });
}

function defineLogs(node: () => RuntimeSubject): void {
  const lines = 200;

  async function written(runtime: Runtime): Promise<string> {
    const { replica } = await runtime.start(specFor(node().artifact, { MODE: 'lines', LINES: String(lines) }));
    return replica;
  }

  it('follows both streams, each in order', async () => {
    const { runtime } = node();
    const entries = await readLog(runtime, await written(runtime), null, 2 * lines);
    for (const [stream, word] of [
      ['stdout', 'out'],
      ['stderr', 'err'],
    ] as const) {
      const texts = entries.filter((entry) => entry.stream === stream).map(({ text }) => text);
      expect(texts).to.deep.equal(Array.from({ length: lines }, (_, n) => `${word} ${n}`));
    }
  });

  it('goes on right after a cursor, also after the agent started again', async () => {
    const { runtime, reopen } = node();
    const replica = await written(runtime);
    const all = await readLog(runtime, replica, null, 2 * lines);
    const again = await reopen();
    for (const at of [0, 1, 77, 2 * lines - 2]) {
      const rest = await readLog(again, replica, all[at]?.cursor ?? null, 2 * lines - at - 1);
      expect(rest.map(({ text }) => text)).to.deep.equal(all.slice(at + 1).map(({ text }) => text));
    }
  });

  it('stops following when told', async () => {
    const { runtime } = node();
    const replica = await written(runtime);
    const stop = new AbortController();
    const following = (async () => {
      let count = 0;
      for await (const entry of runtime.logs(replica, null, stop.signal)) count += entry.text === '' ? 0 : 1;
      return count;
    })();
    await readLog(runtime, replica, null, 2 * lines);
    stop.abort();
    expect(await following.catch(() => lines)).to.be.at.most(2 * lines);
  });

  it('ends the log of a replica that is gone', async () => {
    const { runtime } = node();
    expect(await readLog(runtime, randomUUID(), null, 1).catch(() => [])).to.deep.equal([]);
  });
}

function defineArtifacts(node: () => RuntimeSubject): void {
  it('runs one command in an artifact and gives its exit code and lines', async () => {
    const { runtime, artifact } = node();
    const texts: string[] = [];
    const { cpu, memoryBytes } = specFor(artifact, {}).resources;
    const request = {
      run: randomUUID(),
      service: randomUUID(),
      deployment: randomUUID(),
      artifact,
      command: 'echo "$GREETING"; exit 5',
      variables: { GREETING: 'hello   you' },
      resources: { cpu, memoryBytes },
    };
    expect(await runtime.run(request, { ...quiet, output: (text) => texts.push(text) })).to.deep.equal({ exitCode: 5 });
    expect(texts).to.deep.equal(['hello   you']);
    expect(await runtime.list()).to.deep.equal([]);
  });

  it('runs what the artifact starts with when no command is given', async () => {
    const { runtime, artifact } = node();
    const request = {
      run: randomUUID(),
      service: randomUUID(),
      deployment: randomUUID(),
      artifact,
      command: null,
      variables: { MODE: 'exit', CODE: '6' },
      resources: specFor(artifact, {}).resources,
    };
    expect(await runtime.run(request, quiet)).to.deep.equal({ exitCode: 6 });
  });

  it('knows which artifacts it has', async () => {
    const { runtime, artifact } = node();
    const missing =
      artifact.kind === 'image'
        ? { ...artifact, id: `sha256:${'0'.repeat(64)}`, reference: `sha256:${'0'.repeat(64)}` }
        : { ...artifact, id: '0'.repeat(64), reference: `${artifact.reference}-missing` };
    expect([await runtime.exists(artifact), await runtime.exists(missing)]).to.deep.equal([true, false]);
  });

  it('makes an artifact anew of the file that it packed it into, and starts it', async () => {
    const { runtime, artifact } = node();
    const folder = await mkdtemp(join(tmpdir(), 'containr-packed-'));
    const { signal } = quiet;
    try {
      const file = join(folder, 'packed');
      await runtime.pack(artifact, file, signal);
      await runtime.removeArtifact(artifact);
      expect(await runtime.exists(artifact)).to.equal(false);
      await runtime.unpack(artifact, file, signal);
      await runtime.unpack(artifact, file, signal);
      expect(await runtime.exists(artifact)).to.equal(true);
      const started = await runtime.start(specFor(artifact, { SECRET: 'carried' }));
      expect((await answerOf(started)).secret).to.equal('carried');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { id, MemoryAgent, MemoryRuntime, specOf, until } from '../../test/memory-agent.ts';

describe('serving a runtime', () => {
  let directory: string;
  let runtime: MemoryRuntime;
  let agent: MemoryAgent;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'containr-runtime-'));
    runtime = new MemoryRuntime();
    agent = new MemoryAgent(directory, runtime);
  });
  afterEach(() => {
    agent.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('refuses work of an older epoch, also after a restart', async () => {
    await agent.call('replica-start.memory', specOf(id(2), 7));
    await agent.call('replica-start.memory', specOf(id(3), 7));
    agent.stop();
    agent = new MemoryAgent(directory, runtime);
    const error = await agent.call('replica-start.memory', specOf(id(4), 6)).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'STALE_EPOCH', status: 409 });
    expect(runtime.replicas.size).to.equal(2);
    await agent.call('replica-start.memory', specOf(id(4), 8));
  });

  it('tells changes, and the whole list at each connection', async () => {
    await agent.call('replica-start.memory', specOf(id(2), 1));
    await until('a change', () => agent.of('replica.changed').length === 1);
    await agent.connect();
    expect(agent.of('replica.inventory').at(-1)).to.have.nested.property('replicas[0].replica', id(2));
    await agent.call('replica-stop.memory', { replica: id(2), signal: 'SIGTERM', graceMs: 0 });
    await until(
      'a list without it',
      () => (agent.of('replica.inventory').at(-1) as { replicas: unknown[] }).replicas.length === 0,
    );
  });

  it('drops a list that could not be sent when there is a newer one', async () => {
    await agent.call('replica-start.memory', specOf(id(2), 1));
    const open = Promise.withResolvers<void>();
    agent.gate = open.promise;
    const first = agent.connect();
    await new Promise((resolve) => setTimeout(resolve, 150));
    await agent.call('replica-start.memory', specOf(id(3), 1));
    const second = agent.connect();
    await first;
    open.resolve();
    await second;
    expect(agent.of('replica.inventory')).to.have.length(1);
    expect(agent.of('replica.inventory')[0]).to.have.property('replicas').with.length(2);
  });

  it('does not take a silent engine for an empty one', async () => {
    await agent.call('replica-start.memory', specOf(id(2), 1));
    await agent.connect();
    runtime.list = async () => Promise.reject(new Error('the engine does not answer'));
    await agent.connect();
    expect(agent.of('replica.inventory')).to.have.length(1);
  });

  it('ships what replicas write, over restarts, without loss or doubles', async () => {
    await agent.call('replica-start.memory', specOf(id(2), 1));
    const texts = Array.from({ length: 1000 }, (_, n) => `line ${n}`);
    runtime.write(id(2), texts.slice(0, 400), '2026-01-01T00:00:00.000Z');
    await until('the first lines', () => agent.lines.length === 400);
    const first = agent.lines;
    // Killed with lines on their way that nobody took.
    agent.gate = new Promise(() => undefined);
    runtime.write(id(2), texts.slice(400, 800), '2026-01-01T00:00:01.000Z');
    await new Promise((resolve) => setTimeout(resolve, 200));
    agent.stop();
    runtime.write(id(2), texts.slice(800), '2026-01-01T00:00:02.000Z');
    agent = new MemoryAgent(directory, runtime);
    await until('the rest', () => agent.lines.length === 600);
    const all = [...first, ...agent.lines];
    expect(all.map(({ text }) => text)).to.deep.equal(texts);
    expect(all.map(({ seq }) => seq)).to.deep.equal(texts.map((_, n) => n));
  });

  it('drops lines of a flood and says how many, but none of a backlog', async () => {
    await agent.call('replica-start.memory', specOf(id(2), 1));
    runtime.write(
      id(2),
      Array.from({ length: 700 }, (_, n) => `flood ${n}`),
      '2026-01-01T00:00:00.000Z',
    );
    await until('the count', () => agent.lines.some(({ stream }) => stream === 'system'));
    expect(agent.lines.find(({ stream }) => stream === 'system')?.text).to.match(/^200 lines dropped/);
    expect(agent.lines).to.have.length(501);
    for (let second = 1; second <= 5; second += 1)
      runtime.write(
        id(2),
        Array.from({ length: 400 }, (_, n) => `slow ${n}`),
        `2026-01-01T00:00:0${second}.000Z`,
      );
    await until('the backlog', () => agent.lines.length === 501 + 2000);
    expect(agent.lines.map(({ seq }) => seq)).to.deep.equal(agent.lines.map((_, n) => n));
  });

  it('ships the last words of a replica, then forgets it', async () => {
    await agent.call('replica-start.memory', specOf(id(2), 1));
    runtime.write(id(2), ['one']);
    await until('a line', () => agent.lines.length === 1);
    expect(readdirSync(join(directory, 'logs'))).to.deep.equal([`${id(2)}.json`]);
    runtime.write(id(2), ['last words']);
    await agent.call('replica-stop.memory', { replica: id(2), signal: 'SIGTERM', graceMs: 0 });
    await until('the last words', () => agent.lines.length === 2);
    await until('no place', () => !existsSync(join(directory, 'logs', `${id(2)}.json`)));
  });
});

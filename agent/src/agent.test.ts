import { createPrivateKey, sign } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { HalfFiles } from '@containr/agent-gateway';
import type { OutputLine, TaskOutcome } from '@containr/sdk';
import { Scope } from '@containr/sdk';
import { proofText } from '@containr/sdk/wire';
import type { TestDatabase } from '@containr/testing';
import { testDatabase } from '@containr/testing';
import { expect } from 'chai';
import type { AgentProcess } from '../test/agent-process.ts';
import { caught, closeCodeOf } from '../test/by-hand.ts';
import { makeFolder, startAgentProcess, until } from '../test/agent-process.ts';
import type { ControlPlane } from '../test/control-plane.ts';
import { startControlPlane } from '../test/control-plane.ts';
import { Count, Echo, Hello, Sleep, writeHalf } from '../test/half.ts';

describe('an agent and its control plane', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let folder: ReturnType<typeof makeFolder>;
  let control: ControlPlane;
  let agent: AgentProcess;
  let node: string;
  let halves: HalfFiles[];
  const data = (): string => join(folder.path, 'agent');

  beforeEach(async () => {
    database = await testDatabase();
    folder = makeFolder();
    mkdirSync(data());
    const file = join(folder.path, 'half.mjs');
    writeHalf(file, 'v1');
    halves = [{ plugin: 'test', version: '1.0.0', file, programs: {} }];
    control = await startControlPlane(database, () => halves);
    const { token } = await control.gateway.createToken();
    agent = startAgentProcess({ control: control.origin, data: data(), token });
    node = await nodeWith('echo.test');
  });

  afterEach(async () => {
    await agent.stop('SIGKILL');
    await control.stop();
    await database.stop();
    folder.remove();
  });

  async function nodeWith(capability: string): Promise<string> {
    return until('the node', async () => {
      const nodes = await control.agents.nodes();
      const found = nodes.find(({ capabilities }) => capabilities.includes(capability));
      return found && (await reaches(found.id)) ? found.id : null;
    });
  }

  async function reaches(id: string): Promise<boolean> {
    return control.agents.taskStatus(id, 'none').then(
      () => true,
      () => false,
    );
  }

  function listen(plane: ControlPlane = control) {
    const lines: OutputLine[] = [];
    const ends: TaskOutcome[] = [];
    for (const capability of [Count, Sleep] as const) {
      plane.agents.onTaskOutput<unknown, unknown>(capability, async (output) => void lines.push(...output.lines));
      plane.agents.onTaskEnd<unknown, unknown>(capability, async ({ outcome }) => void ends.push(outcome));
    }
    return { lines, ends };
  }

  const machine = { address: '127.0.0.1', cpus: 1, memoryBytes: 1 };

  it('enrols once, calls a capability, and tells nodes', async () => {
    expect(await control.agents.call(node, Echo, { text: 'hello' })).to.deep.equal({ text: 'hello v1' });
    expect(statSync(join(data(), 'key.pem')).mode & 0o777).to.equal(0o600);
    const [known] = await control.agents.nodes();
    expect(known).to.include({ name: 'test', state: 'reachable', address: '127.0.0.1' });
    expect(control.changes.map(({ state }) => state)).to.include('reachable');
  });

  it('checks inputs before they leave and refuses what a node does not offer', async () => {
    expect(await caught(control.agents.call(node, Echo, { text: 1 } as never))).to.include({ code: 'INVALID' });
    expect(await caught(control.agents.call(node, { ...Echo, name: 'other.test' }, { text: '' }))).to.include({
      code: 'CAPABILITY_MISSING',
    });
    const nobody = await caught(control.agents.call('018f4a00-0000-7000-8000-000000000000', Echo, { text: '' }));
    expect(nobody.code).to.equal('NODE_UNREACHABLE');
    expect(nobody.hint).to.be.a('string');
  });

  it('refuses a wrong token, and a token a second time', async () => {
    const other = join(folder.path, 'other');
    mkdirSync(other);
    const wrong = startAgentProcess({ control: control.origin, data: other, token: 'ctrn_wrong' });
    expect(await wrong.exited).to.equal(1);
    expect(wrong.output()).to.include('ENROL_TOKEN_INVALID');
    const { token } = await control.gateway.createToken();
    const first = startAgentProcess({ control: control.origin, data: other, token });
    await until('two nodes', async () => (await control.agents.nodes()).length === 2);
    await first.stop();
    const third = join(folder.path, 'third');
    mkdirSync(third);
    const again = startAgentProcess({ control: control.origin, data: third, token });
    expect(await again.exited).to.equal(1);
  });

  it('refuses a proof that was made for another connection, and speech without proof', async () => {
    const key = createPrivateKey(readFileSync(join(data(), 'key.pem')));
    const prove = (nonce: string): string => sign(null, proofText(node, nonce), key).toString('base64');
    expect(
      await closeCodeOf(control.origin, {
        method: 'prove',
        answer: ({ nonce }) => ({ node, signature: prove(`${nonce}, earlier`), machine }),
      }),
    ).to.equal(4003);
    const speech = { jsonrpc: '2.0', id: 1, method: 'report', params: { name: 'test.greeted', payload: {} } };
    expect(await closeCodeOf(control.origin, { first: speech })).to.equal(4003);
    expect(await control.agents.call(node, Echo, { text: 'still' })).to.deep.equal({ text: 'still v1' });
  });

  it('lets a second connection of a node replace the first', async () => {
    const key = createPrivateKey(readFileSync(join(data(), 'key.pem')));
    const prove = (nonce: string): string => sign(null, proofText(node, nonce), key).toString('base64');
    const closed = closeCodeOf(control.origin, {
      method: 'prove',
      answer: ({ nonce }) => ({ node, signature: prove(nonce), machine }),
    });
    await until('the first is out', async () => !(await reaches(node)));
    await until('the first is back and the second out', () => reaches(node), 20_000);
    expect(await closed).to.equal(4001);
  });

  it('keeps a second agent off the data folder', async () => {
    const second = startAgentProcess({ control: control.origin, data: data() });
    expect(await second.exited).to.equal(1);
    expect(second.output()).to.include('AGENT_RUNNING');
  });

  it('delivers lines and end of a task once each and in order, over a restart of the control plane', async () => {
    const before = listen();
    await control.agents.startTask(node, Count, 'task-1', { lines: 300, everyMs: 5, batch: 1 });
    await control.agents.startTask(node, Count, 'task-1', { lines: 300, everyMs: 5, batch: 1 });
    await until('some lines', () => before.lines.length > 20);
    const port = Number(new URL(control.origin).port);
    await control.stop();
    control = await startControlPlane(database, () => halves, port);
    const after = listen();
    await until('the end', () => after.ends.length > 0, 20_000);
    const seqs = [...before.lines, ...after.lines].map(({ seq }) => seq);
    expect([...new Set(seqs)]).to.deep.equal(Array.from({ length: 300 }, (_, n) => n));
    expect(seqs.length).to.be.lessThan(300 + 501);
    expect([...before.ends, ...after.ends]).to.deep.equal([{ status: 'done', output: { lines: 300 } }]);
    expect(await control.agents.taskStatus(node, 'task-1')).to.equal('ended');
    expect(await control.agents.taskStatus(node, 'task-2')).to.equal('unknown');
  });

  it('gives a task up as lost when the agent is killed in the middle', async () => {
    const heard = listen();
    await control.agents.startTask(node, Count, 'task-1', { lines: 100_000, everyMs: 5, batch: 1 });
    await until('some lines', () => heard.lines.length > 20);
    await agent.stop('SIGKILL');
    expect(await caught(control.agents.call(node, Echo, { text: '' }))).to.include({ code: 'NODE_UNREACHABLE' });
    agent = startAgentProcess({ control: control.origin, data: data() });
    await until('the end', () => heard.ends.length > 0);
    expect(heard.ends).to.deep.equal([{ status: 'lost' }]);
    const seqs = heard.lines.map(({ seq }) => seq);
    expect([...new Set(seqs)]).to.deep.equal(Array.from({ length: new Set(seqs).size }, (_, n) => n));
  });

  it('cancels a task, and ends one at its deadline', async () => {
    const heard = listen();
    await control.agents.startTask(node, Count, 'task-1', { lines: 100_000, everyMs: 5, batch: 1 });
    await control.agents.cancelTask(node, 'task-1');
    await until('the end', () => heard.ends.length === 1);
    expect(heard.ends[0]).to.deep.equal({ status: 'cancelled' });
    await control.agents.startTask(node, Sleep, 'task-2', { text: '' });
    await until('the end', () => heard.ends.length === 2);
    expect(heard.ends[1]).to.include({ status: 'failed', code: 'TIMEOUT' });
  });

  it('ends a short call at its deadline and when the caller leaves', async () => {
    expect(await caught(control.agents.call(node, Sleep, { text: '' }))).to.include({ code: 'TIMEOUT', status: 504 });
    const leave = new AbortController();
    const call = caught(control.agents.call(node, Sleep, { text: '' }, { signal: leave.signal }));
    leave.abort(new Error('left'));
    expect(await call)
      .to.be.an('error')
      .with.property('message', 'left');
  });

  it('holds the end of a task back while no plugin takes it', async () => {
    const scope = new Scope('other');
    await control.agents.startTask(node, Count, 'task-1', { lines: 3, everyMs: 0, batch: 1 });
    await until('the end on the node', async () => (await control.agents.taskStatus(node, 'task-1')) === 'ended');
    const ends: TaskOutcome[] = [];
    let refusals = 0;
    control.gateway.agentsFor('other', scope).onTaskEnd(Count, async ({ outcome }) => {
      refusals += 1;
      if (refusals < 3) throw new Error('not now');
      ends.push(outcome);
    });
    await until('the end', () => ends.length > 0);
    expect(ends).to.deep.equal([{ status: 'done', output: { lines: 3 } }]);
    await scope.dispose();
  });

  it('drops lines beyond the rate and says how many', async () => {
    const heard = listen();
    await control.agents.startTask(node, Count, 'task-1', { lines: 20_000, everyMs: 0, batch: 1 });
    await until('the end', () => heard.ends.length > 0);
    const dropped = heard.lines
      .filter(({ stream }) => stream === 'system')
      .reduce((sum, { text }) => sum + Number(text.split(' ')[0]), 0);
    expect(heard.lines.filter(({ stream }) => stream === 'stdout').length + dropped).to.equal(20_000);
    expect(dropped).to.be.greaterThan(0);
    expect(heard.lines.map(({ seq }) => seq)).to.deep.equal(heard.lines.map((_, n) => n));
  });

  it('replaces, removes and adds plugin halves without a restart', async () => {
    const hellos: string[] = [];
    control.agents.onReport(Hello, async ({ text }, from) => void hellos.push(`${text} ${from.node === node}`));
    await until('a hello', () => hellos.includes('v1 true'));
    const file = join(folder.path, 'half2.mjs');
    writeHalf(file, 'v2');
    halves = [{ plugin: 'test', version: '2.0.0', file, programs: {} }];
    await control.gateway.halvesChanged();
    expect(await control.agents.call(node, Echo, { text: 'hello' })).to.deep.equal({ text: 'hello v2' });
    await until('a hello of the new half', () => hellos.includes('v2 true'));
    halves = [];
    await control.gateway.halvesChanged();
    expect(await caught(control.agents.call(node, Echo, { text: '' }))).to.include({ code: 'CAPABILITY_MISSING' });
    expect(readdirSync(join(data(), 'halves')).length).to.equal(2);
  });

  it('greets a node once a connection', async () => {
    const greeted: string[] = [];
    control.agents.onConnect(async ({ id }) => void greeted.push(id));
    await until('the greeting of a node that is there already', () => greeted.length === 1);
    await agent.stop();
    agent = startAgentProcess({ control: control.origin, data: data() });
    await until('the greeting of the new connection', () => greeted.length === 2);
    expect(greeted).to.deep.equal([node, node]);
  });

  it('calls a silent node unknown, never gone, and says so', async () => {
    await agent.stop();
    expect(existsSync(join(data(), 'agent.lock'))).to.equal(false);
    await database.pool.query("update containr.nodes set last_seen_at = now() - interval '16 seconds'");
    await until('the event', () => control.changes.some(({ state }) => state === 'unknown'));
    expect(await control.agents.nodes()).to.have.nested.property('[0].state', 'unknown');
  });

  it('ends with the process that started it', async () => {
    agent.child.disconnect();
    expect(await agent.exited).to.equal(0);
  });

  it('comes back when the control plane lost it', async () => {
    await control.stop();
    await database.pool.query('truncate containr.nodes cascade');
    const port = Number(new URL(control.origin).port);
    control = await startControlPlane(database, () => halves, port);
    await agent.stop();
    agent = startAgentProcess({
      control: control.origin,
      data: data(),
      token: (await control.gateway.createToken()).token,
    });
    expect(await nodeWith('echo.test')).to.not.equal(node);
  });
});

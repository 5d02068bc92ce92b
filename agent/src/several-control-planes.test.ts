import { createPrivateKey, sign } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HalfFiles } from '@containr/agent-gateway';
import type { TaskOutcome } from '@containr/sdk';
import { proofText } from '@containr/sdk/wire';
import type { TestDatabase } from '@containr/testing';
import { testDatabase } from '@containr/testing';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import type { AgentProcess } from '../test/agent-process.ts';
import { makeFolder, startAgentProcess, until } from '../test/agent-process.ts';
import { caught } from '../test/by-hand.ts';
import type { ControlPlane } from '../test/control-plane.ts';
import { startControlPlane } from '../test/control-plane.ts';
import { Count, Echo, Sleep, writeHalf } from '../test/half.ts';

describe('an agent and two processes of its control plane', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let folder: ReturnType<typeof makeFolder>;
  let holder: ControlPlane;
  let other: ControlPlane;
  let agent: AgentProcess;
  let node: string;
  const data = (): string => join(folder.path, 'agent');

  beforeEach(async () => {
    database = await testDatabase();
    folder = makeFolder();
    mkdirSync(data());
    const file = join(folder.path, 'half.mjs');
    writeHalf(file, 'v1');
    const halves: HalfFiles[] = [{ plugin: 'test', version: '1.0.0', file, programs: {} }];
    [holder, other] = [
      await startControlPlane(database, () => halves),
      await startControlPlane(database, () => halves),
    ];
    const { token } = await other.gateway.createToken();
    agent = startAgentProcess({ control: holder.origin, data: data(), token });
    node = await until('the node', async () => {
      const found = (await other.agents.nodes()).find(({ capabilities }) => capabilities.includes('echo.test'));
      return found && (await reaches(found.id)) ? found.id : null;
    });
  });
  afterEach(async () => {
    await agent.stop('SIGKILL');
    await Promise.all([holder.stop(), other.stop()]);
    await database.stop();
    folder.remove();
  });

  const reaches = (id: string): Promise<boolean> =>
    other.agents.taskStatus(id, 'none').then(
      () => true,
      () => false,
    );

  it('does for one what the other was asked for: calls, tasks, refusals, deadlines', async () => {
    expect(await other.agents.call(node, Echo, { text: 'hi' })).to.deep.equal({ text: 'hi v1' });
    const many = await Promise.all(
      Array.from({ length: 50 }, (_, n) => other.agents.call(node, Echo, { text: String(n) })),
    );
    expect(many.map(({ text }) => text)).to.deep.equal(Array.from({ length: 50 }, (_, n) => `${n} v1`));
    const ends: TaskOutcome[] = [];
    holder.agents.onTaskOutput(Count, async () => undefined);
    holder.agents.onTaskEnd(Count, async ({ outcome }) => void ends.push(outcome));
    await other.agents.startTask(node, Count, 'one', { lines: 1000, everyMs: 100, batch: 1 });
    expect(await other.agents.taskStatus(node, 'one')).to.equal('running');
    await other.agents.cancelTask(node, 'one');
    await until('the end', async () => ends.length === 1);
    expect(ends).to.deep.equal([{ status: 'cancelled' }]);
    // The agent's own deadline is as long, and may be first; the word for it is the same.
    const late = await caught(other.agents.call(node, Sleep, { text: '' }));
    expect(late).to.include({ code: 'TIMEOUT', status: 504 });
    expect(await caught(other.agents.call(node, { ...Echo, name: 'none.test' }, { text: '' }))).to.include({
      code: 'CAPABILITY_MISSING',
      status: 409,
    });
    const leaving = new AbortController();
    const left = caught(
      other.agents.call(node, Count, { lines: 100, everyMs: 100, batch: 1 }, { signal: leaving.signal }),
    );
    leaving.abort(new Error('left'));
    expect(await left).to.have.property('message', 'left');
    await until('nothing is left between them', async () => {
      const { rowCount } = await database.pool.query('select from containr.agent_relay');
      return rowCount === 0;
    });
  });

  it('is found again when it connects to the other one', async () => {
    await agent.stop('SIGKILL');
    agent = startAgentProcess({ control: other.origin, data: data() });
    await until('the first one reaches it over the other', async () =>
      holder.agents.call(node, Echo, { text: 'moved' }).then(
        ({ text }) => text === 'moved v1',
        () => false,
      ),
    );
  });

  it('is unreachable when the process that holds it dies in the middle of a call', async () => {
    const answer = caught(other.agents.call(node, Count, { lines: 200, everyMs: 100, batch: 1 }));
    await until('it was handed over', async () => {
      const { rowCount } = await database.pool.query('select from containr.agent_relay');
      return rowCount === 0;
    });
    await holder.vanish();
    expect(await answer).to.include({ code: 'NODE_UNREACHABLE', status: 503 });
  });

  it('proves itself over HTTP to either one, and only while it is connected', async () => {
    const key = createPrivateKey(readFileSync(join(data(), 'key.pem'), 'utf8'));
    await agent.stop('SIGKILL');
    const socket = new WebSocket(`${holder.origin.replace('http', 'ws')}/api/v1/agents/connect`);
    const bearer = await new Promise<string>((resolve) => {
      socket.on('message', (text: Buffer) => {
        const { id, method, params } = JSON.parse(text.toString()) as {
          id: number;
          method: string;
          params: { nonce: string; bearer: string };
        };
        const say = (result: unknown) => socket.send(JSON.stringify({ jsonrpc: '2.0', id, result }));
        const machine = { address: '127.0.0.1', cpus: 1, memoryBytes: 1 };
        if (method === 'prove')
          say({ node, signature: sign(null, proofText(node, params.nonce), key).toString('base64'), machine });
        if (method === 'welcome') {
          say({});
          resolve(params.bearer);
        }
      });
    });
    expect(await holder.gateway.authenticate(bearer)).to.include({ kind: 'agent', id: node });
    expect(await other.gateway.authenticate(bearer)).to.include({ kind: 'agent', id: node });
    expect(await other.gateway.authenticate(`${bearer}x`)).to.equal(null);
    socket.terminate();
    await until('it ended', async () => (await other.gateway.authenticate(bearer)) === null);
    expect(await holder.gateway.authenticate(bearer)).to.equal(null);
  });
});

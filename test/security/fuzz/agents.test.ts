import { generateKeyPairSync, sign } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ReplicaChanged, ReplicaInventory, runtimeCapabilities } from '@containr/sdk/contracts';
import { proofText } from '@containr/sdk/wire';
import { scratchFolder, until } from '@containr/testing';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { WebSocket } from 'ws';
import { operationsOf } from '../asking/operations.ts';
import type { World } from '../asking/world.ts';
import { startWorld } from '../asking/world.ts';
import { polluted, wrongAnswer } from './judge.ts';
import { payloads } from './payloads.ts';

const full = process.env['CONTAINR_TEST_FULL'] !== undefined;
const seed = Number(process.env['CONTAINR_FUZZ_SEED'] ?? Date.now() % 1_000_000);
const deployments = full ? 60 : 4;
const linesEach = 50;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: unknown;
}

describe(`an agent and builders that tell hostile texts (seed ${seed})`, function () {
  this.timeout(full ? 900_000 : 120_000);
  let world: World;
  let folder: string;
  let canary: string;
  let agent: WebSocket;
  let node: string;
  let texts: readonly string[];
  let at = 0;
  let asked = 0;
  const answers = new Map<number, Message>();
  const lost: unknown[] = [];
  const onLost = (error: unknown): void => void lost.push(error);
  const next = (): string => texts[(at += 1) % texts.length] ?? '';

  before(async () => {
    process.on('unhandledRejection', onLost);
    folder = await scratchFolder('agents');
    canary = join(folder, 'canary');
    texts = fc.sample(payloads(canary), { seed, numRuns: deployments * linesEach });
    world = await startWorld({ settings: { deployments: { runtime: 'process', nodeWaitMs: 10_000 } } });
    await connect();
  });
  after(async () => {
    agent?.close();
    await world?.stop();
    process.off('unhandledRejection', onLost);
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    expect(lost).to.deep.equal([]);
    expect(polluted()).to.deep.equal([]);
    expect(existsSync(canary), 'a text was obeyed').to.equal(false);
  });

  /** Enrols a node and speaks for it, as the wire has it; what it is asked to do fails with somebody else's words. */
  async function connect(): Promise<void> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const machine = { address: '127.0.0.1', cpus: 4, memoryBytes: 8 * 1_073_741_824 };
    const enrolled = await world.test.request('/api/v1/agents/enrol', {
      method: 'POST',
      body: {
        token: await world.test.platform.agents.createToken(),
        name: 'liar',
        publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
        ...machine,
      },
    });
    node = String(enrolled.field('node'));
    agent = new WebSocket(`${world.test.origin.replace('http', 'ws')}/api/v1/agents/connect`);
    const capabilities = Object.values(runtimeCapabilities('process')).map(({ name }) => name);
    const ready = new Promise<void>((resolve, reject) => {
      agent.once('error', reject);
      agent.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as Message;
        const say = (result: unknown): void => agent.send(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
        if (message.method === undefined) answers.set(Number(message.id), message);
        else if (message.method === 'prove') {
          const proof = proofText(node, String(message.params?.['nonce']));
          say({ node, signature: sign(null, proof, privateKey).toString('base64'), machine });
        } else if (message.method === 'halves') say({ capabilities, failures: [{ plugin: 'docker', detail: next() }] });
        else if (message.method === 'ready') resolve();
        else if (message.method === 'task.start') {
          say({});
          void fail(message.params as { capability: string; task: string });
        } else if (message.method === 'task.status') say({ status: 'unknown' });
        else if (message.id !== undefined) say({});
      });
    });
    await ready;
  }

  /** Asks the control plane, and waits for whatever it says. */
  async function ask(method: string, params: unknown): Promise<Message> {
    const id = (asked += 1);
    agent.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return until(`the control plane answers ${method}`, async () => answers.get(id) ?? null);
  }

  async function fail({ capability, task }: { capability: string; task: string }): Promise<void> {
    const at = new Date().toISOString();
    const lines = Array.from({ length: linesEach }, (_, seq) => ({ seq, at, stream: 'stderr', text: next() }));
    await ask('task.output', { capability, task, lines });
    const outcome = { status: 'failed', code: 'BUILD_FAILED', detail: next(), hint: next() };
    await ask('task.end', { capability, task, outcome });
  }

  it('#7 #74 #76 fail a deployment with what they said, which is told as text', async () => {
    const operations = await operationsOf(world.test);
    const wrong: string[] = [];
    for (let round = 0; round < deployments; round += 1) {
      const source = { kind: 'upload', upload: world.ours.ids['upload'], message: null };
      const made = await world.ours.ask('/deployments', {
        method: 'POST',
        body: { service: world.ours.ids['service'], source },
      });
      expect(made.status, made.text).to.equal(201);
      const id = String(made.field('id'));
      await until(
        'the deployment has failed',
        async () => {
          const now = await world.ours.ask(`/deployments/${id}`);
          expect(now.status, now.text).to.equal(200);
          return now.field('status') === 'failed';
        },
        30_000,
      );
      for (const [name, path] of [
        ['GET /api/v1/deployments/{id}', `/deployments/${id}`],
        ['GET /api/v1/deployments', `/deployments?service=${world.ours.ids['service']}`],
        ['GET /api/v1/services/{id}', `/services/${world.ours.ids['service']}`],
        ['GET /api/v1/logs', `/logs?deployment=${id}&limit=200`],
        [
          'GET /api/v1/logs',
          `/logs?deployment=${id}&search=${encodeURIComponent(next().toWellFormed().replaceAll('\0', '').slice(0, 150))}`,
        ],
      ] as const) {
        const operation = operations.find((one) => one.name === name);
        const got = await world.ours.ask(path);
        const fault = operation ? wrongAnswer(operation, got) : `there is no ${name}`;
        if (fault) wrong.push(`${path}: ${fault}`);
      }
      const lines = await world.ours.ask(`/logs?deployment=${id}&limit=200`);
      expect((lines.field('items') as unknown[]).length).to.be.greaterThan(linesEach - 1);
    }
    expect(wrong).to.deep.equal([]);
  });

  it('#40 #50 speak for no replica, task or organisation that is not of their node', async () => {
    const { ids, organisation } = world.theirs;
    const theirs = () => world.theirs.ask(`/deployments/${ids['deployment']}`);
    await until('their deployment has ended too', async () => (await theirs()).field('status') === 'failed', 30_000);
    const before = await theirs();
    const state = {
      replica: ids['deployment'],
      deployment: ids['deployment'],
      service: ids['service'],
      organisation,
      runtime: 'process',
      state: 'running',
      exitCode: null,
      outOfMemory: false,
      restarts: 0,
      startedAt: new Date().toISOString(),
      endedAt: null,
      address: '169.254.169.254',
      port: 80,
      isolation: next(),
    };
    for (const [name, payload] of [
      [ReplicaChanged.name, state],
      [ReplicaInventory.name, { runtime: 'process', replicas: [state] }],
    ] as const)
      await ask('report', { name, payload });
    const routes = await world.theirs.ask('/routes');
    expect(routes.text).not.to.include('169.254.169.254');
    const lines = [{ seq: 1, at: new Date().toISOString(), stream: 'stdout', text: 'forged by another node' }];
    for (const task of [ids['deployment'], `build-${ids['deployment']}`, 'x'])
      await ask('task.output', { capability: runtimeCapabilities('process').build.name, task, lines });
    const log = await world.theirs.ask(`/logs?service=${ids['service']}&limit=200`);
    expect(log.text).not.to.include('forged by another node');
    expect((await theirs()).text).to.equal(before.text);
  });

  it('#4 #44 say what is no method, no schema and no JSON, and are answered or closed', async () => {
    const shout = (method: string, params: unknown): void =>
      agent.send(JSON.stringify({ jsonrpc: '2.0', id: (asked += 1), method, params }));
    /** What came before was dealt with: the next one is answered, or the connection is gone. */
    const dealtWith = async (): Promise<void> => {
      const id = (asked += 1);
      agent.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'advertise', params: { capabilities: [] } }));
      await until('it is answered or closed', async () => answers.has(id) || agent.readyState === agent.CLOSED);
      if (agent.readyState !== agent.OPEN) await connect();
    };
    for (const [n, text] of texts.slice(0, full ? 2000 : 150).entries()) {
      shout(text.slice(0, 200) || 'x', { text });
      shout('report', { name: text.slice(0, 100) || 'x', payload: { [text]: text } });
      shout('task.output', { capability: text.slice(0, 100), task: text.slice(0, 128), lines: [] });
      shout('__proto__', JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'));
      if (n % 10 === 0) await dealtWith();
    }
    for (const frame of [
      '',
      '{',
      '[]',
      'null',
      '{"jsonrpc":"2.0"}',
      '[{"jsonrpc":"2.0","id":1,"method":"prove"}]',
      '\0',
      '"x"',
      '{"jsonrpc":"1.0","id":1,"method":"x"}',
    ]) {
      agent.send(frame);
      await dealtWith();
    }
    expect((await world.test.request('/readyz')).status).to.equal(200);
  });
});

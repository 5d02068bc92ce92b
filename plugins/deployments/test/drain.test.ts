import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { until } from '@containr/testing';
import { app } from './app.ts';
import { field, Install } from './install.ts';

interface Drain {
  readonly state: string;
  readonly moved: number;
  readonly left: number;
  readonly waits: readonly string[];
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

describe('a node that is drained', function () {
  this.timeout(180_000);
  let install: Install;

  beforeEach(async () => {
    install = await Install.start();
  });
  afterEach(() => install?.stop());

  async function nodeOf(name: string): Promise<string> {
    const nodes = list(field(await install.ask('/nodes'), 'items'));
    return String(
      field(
        nodes.find((node) => field(node, 'name') === name),
        'id',
      ),
    );
  }

  async function drainOf(node: string): Promise<Drain> {
    return field(await install.ask(`/drains?node=${node}`), 'items', 0) as Drain;
  }

  const drain = (node: string, draining = true, status = 200) =>
    install.ask(`/nodes/${node}/drain`, { method: 'POST', body: { draining } }, status);

  async function running(deployment: string): Promise<{ node: unknown; port: unknown }[]> {
    const rows = await install.replicasOf(deployment);
    return rows.filter((row) => row['state'] === 'running').map(({ node, port }) => ({ node, port }));
  }

  it('is empty after all has moved, artifact and all, and no request failed', async () => {
    const service = await install.service({ replicas: 2 });
    const deployment = await install.deploy(
      service,
      app('moving', { extra: `if (q.url === '/slow') return setTimeout(() => r.end('slow'), 500);` }),
    );
    await install.reaches(deployment, 'live');
    await install.test.join('second');
    const [first, second] = [await nodeOf('test'), await nodeOf('second')];
    const load = await install.load(service, { perSecond: 40, slowEvery: 10 });
    await drain(first);
    await until('the node is empty', async () => (await drainOf(first)).state === 'drained', 60_000);
    const seen = await load.stop();
    expect(seen.failed, `of ${seen.sent}`).to.deep.equal([]);
    expect((await drainOf(first)).moved).to.equal(2);
    expect((await running(deployment)).map(({ node }) => node)).to.deep.equal([second, second]);
    expect((await install.get(service)).text).to.equal('moving\n');
    const carried = await readdir(join(install.test.data, 'agent-second/plugins/process/artifacts'));
    expect(carried).to.have.length(1);
    // What comes next is placed where replicas may come to, without a build of its own.
    const again = String(field(await install.ask('/deployments', { method: 'POST', body: { service } }, 201), 'id'));
    await install.reaches(again, 'live');
    expect((await running(again)).map(({ node }) => node)).to.deep.equal([second, second]);
    expect((await install.tasksOf(again)).some((task) => String(task['capability']).startsWith('build.'))).to.equal(
      false,
    );
    // An empty one may go.
    await install.ask(`/nodes/${first}?confirm=test`, { method: 'DELETE' });
    expect(list(field(await install.ask('/nodes'), 'items'))).to.have.length(1);
  });

  it('is refused with reasons while nothing else fits, as is the removal of what is in use', async () => {
    const service = await install.service();
    await install.reaches(await install.deploy(service, app('alone')), 'live');
    const node = await nodeOf('test');
    const refused = await drain(node, true, 409);
    expect(field(refused, 'code')).to.equal('CONFLICT_NOTHING_FITS');
    expect(String(field(refused, 'detail'))).to.include('test: it is being drained');
    const inUse = await install.ask(`/nodes/${node}?confirm=test`, { method: 'DELETE' }, 409);
    expect(field(inUse, 'code')).to.equal('CONFLICT_NODE_IN_USE');
    expect((await drainOf(node)).state).to.equal('ended');
  });

  it('keeps what it has when the drain is cancelled', async () => {
    const service = await install.service();
    const deployment = await install.deploy(service, app('staying'));
    await install.reaches(deployment, 'live');
    const before = await running(deployment);
    await install.test.join('second');
    const [first, second] = [await nodeOf('test'), await nodeOf('second')];
    // The successor is not begun: its node takes none.
    await install.ask(`/nodes/${second}/cordon`, { method: 'POST', body: {} });
    expect(field(await drain(first, true, 409), 'code')).to.equal('CONFLICT_NOTHING_FITS');
    await install.ask(`/nodes/${second}/cordon`, { method: 'POST', body: { cordoned: false } });
    await drain(first);
    await drain(first, false);
    await until('nothing is on its way any more', async () => {
      const rows = await install.replicasOf(deployment);
      return rows.every((row) => row['role'] === 'serving' || row['state'] === 'gone');
    });
    const now = await running(deployment);
    expect(now).to.have.length(1);
    expect((await drainOf(first)).state).to.equal('ended');
    if (now[0]?.node === first) expect(now).to.deep.equal(before);
    expect((await install.get(service)).text).to.equal('staying\n');
  });

  it('is called lost: what ran there begins elsewhere', async () => {
    const service = await install.service();
    await install.reaches(await install.deploy(service, app('survivor')), 'live');
    const joined = await install.test.join('second');
    const [first, second] = [await nodeOf('test'), await nodeOf('second')];
    await drain(first);
    await until('it moved', async () => (await drainOf(first)).state === 'drained', 60_000);
    await drain(first, false);
    await joined.kill();
    await until(
      'the node is not heard from',
      async () => field(await install.ask(`/nodes/${second}`), 'state') === 'unknown',
      40_000,
    );
    await install.ask(`/nodes/${second}?confirm=second&lost=true`, { method: 'DELETE' });
    await until(
      'it serves from the first node',
      async () => {
        const [live] = list(field(await install.ask(`/deployments?service=${service}`), 'items'));
        const rows = await running(String(field(live, 'id')));
        return rows.length === 1 && rows[0]?.node === first && (await install.get(service)).text === 'survivor\n';
      },
      60_000,
    );
  });
});

import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readPlugin, startTestPlatform, until } from '@containr/testing';
import type { TestPlatform } from '@containr/testing';

const shared = `
const text = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'], additionalProperties: false };
const capability = (name) => ({ type: 'capability', name, input: text, output: text, permission: 'disk:read', timeoutMs: 20000, summary: name });
const Say = capability('say.disks');
const Scan = capability('scan.disks');
const Seen = { type: 'report', name: 'disk.seen', payload: text };
`;
const server = `${shared}
export default {
  async setup(ctx) {
    const seen = [], ends = [], lines = [], greeted = [], heard = [];
    ctx.agents.onReport(Seen, async ({ text }, { node }) => void seen.push([text, node]));
    ctx.agents.onTaskEnd(Scan, async (end) => void ends.push(end));
    ctx.agents.onTaskOutput(Scan, async (output) => void lines.push(...output.lines.map(({ text }) => output.task + ' ' + text)));
    ctx.agents.onConnect(async (node) => void greeted.push([node.id, node.lastSeenAt instanceof Date]));
    ctx.live.fanOut.subscribe('lines', { message: (message) => void heard.push(message) });
    const route = (path, work) => ctx.http.route({ method: 'POST', path, permission: 'disk:read', summary: 'x', body: true, response: true, handler: async ({ body }) => (await work(body)) ?? null });
    route('/disks/told', async () => ({ seen, ends, lines, greeted, heard }));
    route('/disks/say', ({ node, text }) => ctx.agents.call(node, Say, { text }));
    route('/disks/call', ({ node, name }) => ctx.agents.call(node, { ...capability(name), input: true, output: true }, {}));
    route('/disks/scan', ({ node, task }) => ctx.agents.startTask(node, Scan, task, { text: 'x' }));
    route('/disks/status', ({ node, task }) => ctx.agents.taskStatus(node, task));
    route('/disks/cancel', ({ node, task }) => ctx.agents.cancelTask(node, task));
    route('/disks/many', async ({ node }) => { let n = 0; for (; n < 500; n++) await ctx.agents.startTask(node, Scan, 'many-' + n, { text: 'x' }); return n; });
    let looks = 0;
    const kept = (key) => ctx.live.cache.through(key, { schema: text, ttlMs: 60000 }, async () => ({ text: 'look ' + (looks += 1) }));
    route('/disks/kept', async ({ key }) => [await kept(key), await kept(key), await ctx.live.cache.get(key, { type: 'number' })]);
    route('/disks/large', () => ctx.live.cache.set('large', 'x'.repeat(40000), 1000));
    route('/disks/take', ({ key }) => ctx.live.limits.take(key, { limit: 2, windowMs: 60000 }));
    route('/disks/counters', async () => { for (let n = 0; n < 2000; n++) await ctx.live.limits.take('n' + n, { limit: 2, windowMs: 60000 }); });
    route('/disks/publish', async (message) => ctx.live.fanOut.publish('lines', message));
  },
};
`;
const half = `${shared}
export default {
  setup(agent) {
    agent.capability(Say, async ({ text }) => ({ text: text + ' from ' + agent.node.id }));
    agent.capability(Scan, async ({ text }, io) => {
      io.output('looking');
      if (io.task.endsWith('long')) await new Promise((resolve, reject) => io.signal.addEventListener('abort', () => reject(io.signal.reason)));
      return { text };
    });
    agent.onConnect(() => agent.report(Seen, { text: 'seen' }));
  },
};
`;

describe('an isolated plugin with an agent half', function () {
  this.timeout(60_000);
  let folder: string;
  let test: TestPlatform;
  let node = '';
  const ask = (path: string, body: object = {}) => test.console(`/disks/${path}`, { method: 'POST', body });
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'containr-halves-'));
    await chmod(folder, 0o755);
    const directory = join(folder, 'disks');
    await mkdir(directory);
    const containr = {
      displayName: 'Disks',
      requires: {},
      permissions: { 'disk:read': 'See disks' },
      segments: ['disks'],
      agent: './agent.js',
    };
    const manifest = {
      name: '@example/plugin-disks',
      version: '1.0.0',
      type: 'module',
      exports: './plugin.js',
      containr,
    };
    await writeFile(join(directory, 'package.json'), JSON.stringify(manifest));
    await writeFile(join(directory, 'plugin.js'), server);
    await writeFile(join(directory, 'agent.js'), half);
    test = await startTestPlatform({ plugins: [await readPlugin(directory, 'isolated')], agent: true });
    const nodes = await test.console('/nodes');
    node = String(nodes.field('items', 0, 'id'));
  });
  after(async () => {
    await test.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const told = async () =>
    (await ask('told')).json as {
      seen: unknown[];
      ends: { node: string; task: string; outcome: object }[];
      lines: string[];
      greeted: unknown[];
      heard: unknown[];
    };

  it('calls its half, and hears its reports and its nodes', async () => {
    expect((await ask('say', { node, text: 'hello' })).json).to.deep.equal({ text: `hello from ${node}` });
    const { seen, greeted } = await until('both told', async () => {
      const one = await told();
      return one.seen.length > 0 && one.greeted.length > 0 ? one : null;
    });
    expect(seen).to.deep.equal([['seen', node]]);
    expect(greeted).to.deep.equal([[node, true]]);
    const plugin = await test.console('/plugins/disks');
    expect([plugin.field('hasAgent'), plugin.field('trust')]).to.deep.equal([true, 'isolated']);
    const nodes = await test.console('/plugins/disks/nodes');
    expect(nodes.field('items', 0, 'state'), nodes.text).to.equal('running');
    expect(nodes.field('items', 0, 'isolation', 0, 'says')).to.be.a('string');
  });

  it('starts tasks of its half by its own names, follows and cancels them', async () => {
    await ask('scan', { node, task: 'one' });
    await ask('scan', { node, task: 'two-long' });
    expect((await ask('status', { node, task: 'two-long' })).json).to.equal('running');
    await ask('cancel', { node, task: 'two-long' });
    const { ends, lines } = await until('both ended', async () => {
      const one = await told();
      return one.ends.length === 2 ? one : null;
    });
    expect(ends.toSorted((a, b) => a.task.localeCompare(b.task))).to.deep.equal([
      { node, task: 'one', outcome: { status: 'done', output: { text: 'x' } } },
      { node, task: 'two-long', outcome: { status: 'cancelled' } },
    ]);
    expect(lines.toSorted()).to.deep.equal(['one looking', 'two-long looking']);
    expect((await ask('status', { node, task: 'never' })).json).to.equal('unknown');
  });

  it('may neither call what others serve nor start more tasks than a node can keep', async () => {
    const refused = await ask('call', { node, name: 'build.docker' });
    expect(refused.field('code'), refused.text).to.equal('GRANT_MISSING');
    expect(refused.field('hint')).to.include('containr plugins grants disks allow capabilities build.docker');
    const many = await ask('many', { node });
    expect(many.field('code'), many.text).to.equal('PLUGIN_BUSY');
  });

  it('shares values, counts and live messages, within bounds', async () => {
    const one = await ask('kept', { key: 'a' });
    expect(one.json).to.deep.equal([{ text: 'look 1' }, { text: 'look 1' }, null]);
    expect((await ask('large')).field('code')).to.equal('TOO_LARGE');
    const taken = [];
    for (let n = 0; n < 3; n += 1) taken.push((await ask('take', { key: 'a' })).field('allowed'));
    expect(taken).to.deep.equal([true, true, false]);
    expect((await ask('counters')).field('code')).to.equal('PLUGIN_BUSY');
    await ask('publish', { line: 1 });
    await until('it heard itself', async () => (await told()).heard.length > 0);
    expect((await told()).heard).to.deep.equal([{ line: 1 }]);
    expect((await test.console('/plugins/disks')).field('contributions')).to.include('live lines');
  });

  it('serves to others what was granted, for as long as it is', async () => {
    const served = async () => {
      const nodes = await test.console('/nodes');
      return JSON.stringify(nodes.field('items', 0, 'capabilities'));
    };
    expect(await served()).to.equal('["disks/say.disks","disks/scan.disks"]');
    const change = (body: object) => test.console('/plugins/disks/grants', { method: 'PATCH', body });
    const grant = [{ kind: 'provides', value: 'say.disks' }];
    await change({ allow: grant, deny: [] });
    await until('it is served by its plain name', async () => (await served()).includes('"say.disks"'));
    await change({ allow: [], deny: grant });
    await until('it is not any more', async () => !(await served()).includes('"say.disks"'));
    await until('the half is there again', async () => (await served()).includes('disks/say.disks'));
  });

  it('leaves its node with the plugin', async () => {
    await test.console('/plugins/disks/disable', { method: 'POST' });
    await until('the node offers nothing of it', async () => {
      const nodes = await test.console('/nodes');
      return JSON.stringify(nodes.field('items', 0, 'capabilities')) === '[]';
    });
    await until('nothing is told of it', async () => {
      const nodes = await test.console('/plugins/disks/nodes');
      return JSON.stringify(nodes.field('items')) === '[]';
    });
  });
});

import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { defineContract } from '@containr/sdk';
import { WebSocket } from 'ws';
import { readPlugin, startTestPlatform, until } from '@containr/testing';
import type { TestPlatform } from '@containr/testing';

const code = `
const text = { type: 'object', properties: { text: { type: 'string', pattern: '^[a-z ]+$' } }, required: ['text'], additionalProperties: false };
const Amend = { type: 'hook', name: 'note.amend', kind: 'amend', payload: text, result: true, summary: 'x' };
const Told = { type: 'event', name: 'note.told', payload: text, permission: 'note:read', topics: () => ['notes'] };
const Later = { type: 'job', name: 'note.later', input: text, summary: 'x' };
const Notes = { type: 'contract', name: 'notes.count', summary: 'x', methods: { count: { input: true, output: { type: 'integer' } } } };
export default {
  settings: { type: 'object', properties: { word: { type: 'string', default: 'hello' } }, required: ['word'], additionalProperties: false },
  async setup(ctx) {
    const seen = [];
    const access = { permission: 'note:read', summary: 'x' };
    ctx.hooks.define(Amend);
    ctx.hooks.tap(Amend, async ({ text }) => ({ text: text + ' amended' }));
    ctx.events.define(Told);
    ctx.events.on(Told, async ({ payload }) => void seen.push('event ' + payload.text));
    ctx.jobs.handle(Later, async ({ input }) => { if (input.text === 'go out') await ctx.fetch('http://203.0.113.9/'); seen.push('job ' + input.text); });
    ctx.services.provide(Notes, { count: async () => seen.length });
    ctx.services.provide(Notes, { count: async () => 2 * seen.length }, { id: 'notes.twice' });
    ctx.settings.onChange(({ word }) => seen.push('setting ' + word));
    ctx.http.route({ method: 'POST', path: '/notes', ...access, body: text, response: text, status: 201, handler: async ({ body }) => {
      await ctx.store.system('x').transaction(async (unit) => { unit.emit(Told, body); await unit.enqueue(Later, body); });
      return { ...(await ctx.hooks.run(Amend, body)), dropped: 'by the schema' };
    } });
    ctx.http.route({ method: 'GET', path: '/notes', ...access, query: { type: 'object', properties: { from: { type: 'integer', default: 0 } } }, response: true, handler: async ({ query, principal, headers, cookies }) => ({ seen: seen.slice(query.from), who: principal.kind, headers: Object.keys(headers), cookies, word: ctx.settings.current.word, secret: ctx.secrets.open('a', ctx.secrets.seal('a', 'kept')) }) });
    ctx.http.raw({ methods: ['POST'], path: '/notes/raw', ...access, accepts: ['*'], maxBytes: 1e8, handler: async (request) => new Response(request.body, { headers: { 'content-type': 'text/html', 'set-cookie': 'a=b' } }) });
    ctx.http.events({ path: '/notes/stream', ...access, open: async function* () { for (let n = 0; n < 3; n++) yield { id: String(n), data: { n } }; } });
    ctx.http.socket({ path: '/notes/socket', public: true, summary: 'x', open: async (socket) => { for await (const message of socket.messages) { socket.send('echo ' + message); return; } } });
    ctx.http.route({ method: 'POST', path: '/notes/fetch', ...access, body: true, response: true, handler: async ({ body }) => { const answer = await ctx.fetch(body.url); return { status: answer.status, got: await answer.text() }; } });
  },
};
`;

describe('a plugin in a process of its own', function () {
  this.timeout(60_000);
  let folder: string;
  let test: TestPlatform;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'containr-isolated-'));
    await chmod(folder, 0o755);
    await mkdir(join(folder, 'notes'));
    const manifest = {
      name: '@example/plugin-notes',
      version: '1.0.0',
      type: 'module',
      exports: './plugin.js',
      containr: {
        displayName: 'Notes',
        requires: {},
        permissions: { 'note:read': 'Read notes' },
        segments: ['notes'],
        wants: { hosts: { '127.0.0.1': 'Asks a server of the test' } },
      },
    };
    await writeFile(join(folder, 'notes', 'package.json'), JSON.stringify(manifest));
    await writeFile(join(folder, 'notes', 'plugin.js'), code);
    test = await startTestPlatform({ plugins: [await readPlugin(join(folder, 'notes'), 'isolated')] });
  });
  after(async () => {
    await test.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('answers routes, runs hooks, hears events and works off jobs', async () => {
    const made = await test.console('/notes', { method: 'POST', body: { text: 'one' } });
    expect([made.status, made.json]).to.deep.equal([201, { text: 'one amended' }]);
    const seen = await until('both came', async () => {
      const all = (await test.console('/notes')).field('seen') as string[];
      return all.length >= 2 ? all : null;
    });
    expect(seen.toSorted()).to.deep.equal(['event one', 'job one']);
  });

  it('provides under its own name, several times with a word more, and under no other', async () => {
    const services = test.platform.registered().services.filter(({ contract }) => contract === 'notes.count');
    expect(services).to.deep.equal(
      ['notes', 'notes.twice'].map((id) => ({ contract: 'notes.count', id, plugin: 'notes' })),
    );
    const Notes = defineContract('notes.count', 'x', { count: { input: true, output: { type: 'integer' } } });
    const call = { principal: test.platform.console };
    const counts = test.platform.services.providers(Notes).map(({ client }) => client.count({}, call));
    const [one = 0, twice] = await Promise.all(counts);
    expect(twice).to.equal(2 * one);
  });

  it('checks what it is sent, with the same answer as any plugin', async () => {
    const refused = await test.console('/notes', { method: 'POST', body: { text: 'NO' } });
    expect([refused.status, refused.field('code')]).to.deep.equal([422, 'INVALID']);
    expect(refused.field('detail')).to.contain('/text');
    expect((await test.console('/notes?from=1')).field('seen')).to.have.length(1);
    expect((await test.request('/api/v1/notes')).status).to.equal(401);
  });

  it('sees who asks, and nothing to act as them elsewhere', async () => {
    const headers = { cookie: 'session=1', authorization: 'Bearer x', 'x-api-key': 'k', 'x-own': '1' };
    const answer = await test.console('/notes', { headers });
    expect(answer.field('who')).to.equal('console');
    expect(answer.field('headers')).to.include('x-own').and.not.include.members(['cookie']);
    expect(answer.field('headers')).to.not.include('authorization').and.not.include('x-api-key');
    expect(answer.field('cookies')).to.deep.equal({});
    expect(answer.field('secret')).to.equal('kept');
  });

  it('streams bodies both ways, as a page of nobody', async () => {
    const body = 'x'.repeat(5_000_000);
    const answer = await test.console('/notes/raw', { method: 'POST', body });
    expect(answer.text === body).to.equal(true);
    expect(answer.headers['set-cookie']).to.equal(undefined);
    expect(answer.headers['content-security-policy']).to.contain('sandbox');
  });

  it('sends events and speaks over sockets', async () => {
    const stream = await test.console('/notes/stream');
    expect([...stream.text.matchAll(/data: (.*)/g)].map((match) => match[1])).to.deep.equal([
      '{"n":0}',
      '{"n":1}',
      '{"n":2}',
    ]);
    const socket = new WebSocket(`${test.origin.replace('http', 'ws')}/api/v1/notes/socket`, { origin: test.origin });
    const said = await new Promise((resolve, reject) => {
      socket.once('open', () => socket.send('hi'));
      socket.once('message', (data: Buffer) => resolve(data.toString('utf8')));
      socket.once('error', reject);
    });
    expect(said).to.equal('echo hi');
  });

  it('takes changed settings while it runs', async () => {
    await test.console('/settings/notes', { method: 'PATCH', body: { word: 'bye' } });
    await until('the change came', async () => (await test.console('/notes')).field('word') === 'bye');
  });

  it('reaches a host once it is granted, and says before which grant is missing', async () => {
    const server = createServer(({ url: path = '' }, response) => {
      response.writeHead(Number(path.slice(1)) || 200).end('outside');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const ask = (path = '') => test.console('/notes/fetch', { method: 'POST', body: { url: url + path } });
    const refused = await ask();
    expect(refused.field('code')).to.equal('GRANT_MISSING');
    const place = new URL(url).host;
    expect(refused.field('hint')).to.contain(`containr plugins grants notes allow hosts ${place}`);
    const shown = await test.console('/plugins/notes/grants');
    expect(shown.field('grants', 0)).to.deep.equal({
      kind: 'hosts',
      value: '127.0.0.1',
      granted: false,
      reason: 'Asks a server of the test',
      refusedAt: null,
    });
    const { refusedAt, ...tried } = shown.field('grants', 1) as { refusedAt: string };
    expect(tried).to.deep.equal({ kind: 'hosts', value: place, granted: false, reason: null });
    expect(Date.now() - Date.parse(refusedAt)).to.be.within(0, 600_000);
    const change = { allow: [{ kind: 'hosts', value: place }] };
    const granted = await test.console('/plugins/notes/grants', { method: 'PATCH', body: change });
    const now = { kind: 'hosts', value: place, granted: true, reason: null, refusedAt: null };
    expect(granted.field('grants', 1)).to.deep.equal(now);
    expect((await ask()).field('got')).to.equal('outside');
    for (const status of [204, 205, 304])
      expect((await ask(String(status))).json, String(status)).to.deep.equal({ status, got: '' });
    expect((await ask('500')).json).to.deep.equal({ status: 500, got: 'outside' });
    server.close();
  });

  it('tells what a job was refused, where it is looked for', async () => {
    await test.console('/notes', { method: 'POST', body: { text: 'go out' } });
    const handler = await until('it is counted', async () => {
      const { handlers } = (await test.console('/plugins/notes/inspect')).json as {
        handlers: { label: string; errors: number; lastError: { code: string; message: string } | null }[];
      };
      return handlers.find(({ label, errors }) => label === 'job note.later' && errors > 0);
    });
    expect(handler.lastError).to.deep.include({
      code: 'GRANT_MISSING',
      message: 'notes may not reach the host "203.0.113.9", because it was not granted.',
    });
    expect((await test.console('/jobs?search=notes')).field('items', 0, 'lastError')).to.contain('203.0.113.9');
  });

  it('is counted by what it registered, and leaves nothing', async () => {
    const plugin = await test.console('/plugins/notes');
    const versions = await test.console('/plugins/notes/versions');
    expect([versions.status, versions.json]).to.deep.equal([200, { items: [], nextCursor: null }]);
    expect(plugin.field('contributions')).to.include.members(['route GET /notes', 'job note.later', 'process']);
    await test.console('/plugins/notes/disable', { method: 'POST' });
    expect((await test.console('/plugins/notes')).field('contributions')).to.deep.equal([]);
    expect((await test.request('/api/v1/notes')).field('code')).to.equal('PLUGIN_OFF');
  });
});

import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { buildPlugin, packFolder, readPluginFolder } from '@containr/plugin-build';
import { Builder } from '@containr/sdk/contracts';
import { startTestPlatform, until } from '@containr/testing';
import { builderConformance } from '@containr/testing/conformance';
import { expect } from 'chai';
import { Install } from '../../plugins/deployments/test/install.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

builderConformance('make-builder', async (sources) => {
  const work = await mkdtemp(join(tmpdir(), 'containr-isolated-'));
  await symlink(join(folder, '../../node_modules'), join(work, 'node_modules'));
  await cp(join(folder, 'make-builder'), join(work, 'make-builder'), { recursive: true });
  const plugin = await readPluginFolder(join(work, 'make-builder'));
  await buildPlugin(plugin);
  const test = await startTestPlatform({ plugins: ['auth', sources] });
  const headers = { 'content-type': 'application/gzip' };
  await test.console('/plugins', { method: 'POST', headers, body: await packFolder(plugin) });
  const allow = [
    { kind: 'provides', value: 'builder' },
    { kind: 'services', value: 'source' },
  ];
  await test.console('/plugins/make-builder/grants', { method: 'PATCH', body: { allow, deny: [] } });
  const on = await test.console('/plugins/make-builder/enable', { method: 'POST' });
  expect(on.status, on.text).to.equal(200);
  const [provider] = test.platform.services.providers(Builder);
  if (!provider) throw new Error('The builder is not there');
  return {
    provider,
    principal: test.platform.console,
    builds: { Makefile: 'build:\n\techo built\nstart:\n\t./server\n', server: '#!/bin/sh\n' },
    async remove() {
      await test.stop();
      await rm(work, { recursive: true, force: true });
    },
  };
});

describe('a sample plugin that nobody trusts', function () {
  this.timeout(120_000);
  let work = '';
  before(async () => {
    work = await mkdtemp(join(tmpdir(), 'containr-isolated-'));
    await symlink(join(folder, '../../node_modules'), join(work, 'node_modules'));
    for (const name of ['deploy-bell', 'coffee', 'make-builder'])
      await cp(join(folder, name), join(work, name), { recursive: true });
  });
  after(() => rm(work, { recursive: true, force: true }));

  it('asks for what it needs, and does its work in a process of its own once that is granted', async () => {
    const plugin = await readPluginFolder(join(work, 'deploy-bell'));
    await buildPlugin(plugin);
    const heard: string[] = [];
    const chat = createServer((request, response) => {
      void text(request).then((line) => {
        heard.push(line);
        response.end();
      });
    });
    chat.listen(0, '127.0.0.1');
    await once(chat, 'listening');
    const { port } = chat.address() as AddressInfo;
    const test = await startTestPlatform({ plugins: ['auth', 'projects'] });
    const at = '/plugins/deploy-bell';
    const post = (path: string, body?: object) =>
      test.console(path, { method: 'POST', organisation: 'default', ...(body ? { body } : {}) });

    const headers = { 'content-type': 'application/gzip' };
    const installed = await test.console('/plugins', { method: 'POST', headers, body: await packFolder(plugin) });
    expect(installed.status, installed.text).to.equal(201);
    expect((await test.console(`${at}/grants`)).text).to.include('"value":"service.created","granted":false');
    const allow = [
      { kind: 'events', value: 'service.created' },
      { kind: 'events', value: 'service.deleted' },
      { kind: 'hosts', value: `127.0.0.1:${port}` },
    ];
    const granted = await test.console(`${at}/grants`, { method: 'PATCH', body: { allow, deny: [] } });
    expect(granted.status, granted.text).to.equal(200);
    const on = await post(`${at}/enable`);
    expect(on.status, on.text).to.equal(200);
    const webhook = `http://127.0.0.1:${port}/bell`;
    const set = await test.console('/settings/deploy-bell', { method: 'PATCH', body: { webhook } });
    expect(set.status, set.text).to.equal(200);

    const project = await post('/projects', { name: 'Shop' });
    const list = await test.console(`/environments?project=${String(project.field('id'))}`, {
      organisation: 'default',
    });
    const environment = list.field('items', 0, 'id');
    const made = await post('/services', { environment, name: 'Web', kind: 'web' });
    expect(made.status, made.text).to.equal(201);
    await until('the chat heard', async () => heard.length === 1);
    expect(heard).to.deep.equal(['{"text":"A service was made"}']);
    expect(await test.console(at)).to.have.nested.property('json.trust', 'isolated');
    await until('it knows that it rang', async () => (await test.console('/deploy-bell')).field('rung') === 1);
    await test.stop();
    chat.close();
  });

  it('keeps its own table, also when it is trusted and when that is taken back', async () => {
    const plugin = await readPluginFolder(join(work, 'coffee'));
    await buildPlugin(plugin);
    const test = await startTestPlatform({ plugins: ['auth'] });
    const post = (path: string, body?: object) =>
      test.console(path, { method: 'POST', organisation: 'default', ...(body ? { body } : {}) });
    const kept = async () => {
      const { rows } = await test.database.pool.query<{ name: string }>(
        `select rolname as name from pg_roles where rolname like 'plugin_coffee_%' and pg_has_role(current_user, oid, 'member')
         union all select nspname from pg_namespace where nspname = 'plugin_coffee'
         union all select plugin from containr.plugin_keys where starts_with(plugin, 'coffee')`,
      );
      return rows.length;
    };
    // Roles belong to the cluster: other installs on it may have a plugin of this name.
    const others = await kept();
    const headers = { 'content-type': 'application/gzip' };
    const installed = await test.console('/plugins', { method: 'POST', headers, body: await packFolder(plugin) });
    expect(installed.status, installed.text).to.equal(201);
    const on = await post('/plugins/coffee/enable');
    expect(on.status, on.text).to.equal(200);
    let cups = 0;
    const drink = async (trust: string) => {
      const had = await post('/coffee');
      expect([had.status, had.field('cups')], had.text).to.deep.equal([201, (cups += 1)]);
      expect((await test.console('/plugins/coffee')).field('trust')).to.equal(trust);
      expect((await test.console('/coffee')).status).to.equal(403);
    };
    await drink('isolated');
    await drink('isolated');
    for (const trust of ['trusted', 'isolated']) {
      const changed = await post('/plugins/coffee/trust', { trust });
      expect(changed.status, changed.text).to.equal(200);
      await drink(trust);
    }
    const inspected = await test.console('/plugins/coffee/inspect');
    expect(inspected.field('memory', 'reason')).to.equal(null);
    // A process of Node is never smaller.
    expect(inspected.field('memory', 'bytes')).to.be.greaterThan(20_000_000);
    expect((await kept()) - others).to.equal(4);
    await post('/plugins/coffee/disable');
    const removal = await test.console('/plugins/coffee?dryRun=true&purge=true', { method: 'DELETE' });
    expect(removal.field('data', 'tables'), removal.text).to.have.length(1);
    expect(removal.field('data', 'tables', 0, 'rows')).to.equal(4);
    const removed = await test.console('/plugins/coffee?confirm=coffee&purge=true', { method: 'DELETE' });
    expect(removed.status, removed.text).to.equal(200);
    expect(await kept()).to.equal(others);
    await test.stop();
  });

  it('plans what is really built and run, in both ways of trust', async () => {
    const plugin = await readPluginFolder(join(work, 'make-builder'));
    await buildPlugin(plugin);
    const install = await Install.start();
    const at = '/plugins/make-builder';
    const headers = { 'content-type': 'application/gzip' };
    await install.ask('/plugins', { method: 'POST', headers, body: await packFolder(plugin) }, 201);
    const refused = await install.test.console(`${at}/enable`, { method: 'POST' });
    expect(refused.text).to.include('may not provide the service \\"builder\\"');
    const allow = [
      { kind: 'provides', value: 'builder' },
      { kind: 'services', value: 'source' },
    ];
    await install.ask(`${at}/grants`, { method: 'PATCH', body: { allow, deny: [] } });
    await install.ask(`${at}/enable`, { method: 'POST' });

    const service = await install.service();
    const files = (said: string) => ({
      Makefile:
        'start: built.txt\n\texec node server.mjs\nbuild:\n\tprintf \'%s by make\' "$$(cat said.txt)" > built.txt\n',
      'said.txt': said,
      'server.mjs': `import { readFileSync } from 'node:fs';
        import { createServer } from 'node:http';
        createServer((_, response) => response.end(readFileSync('built.txt'))).listen(Number(process.env.PORT));`,
    });
    for (const [said, trust] of [
      ['alone', 'isolated'],
      ['inside', 'trusted'],
    ] as const) {
      if (trust === 'trusted') await install.ask(`${at}/trust`, { method: 'POST', body: { trust } });
      expect(await install.ask(at)).to.have.property('trust', trust);
      const deployment = await install.deploy(service, files(said));
      const live = await install.reaches(deployment, 'live', 'watching');
      expect(live.plan).to.include({ builder: 'make-builder', start: 'make start' });
      expect(await install.get(service)).to.deep.include({ status: 200, text: `${said} by make` });
    }
    await install.stop();
  });
});

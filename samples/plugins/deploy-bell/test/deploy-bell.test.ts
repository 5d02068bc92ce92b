import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestPlatform } from '@containr/testing';
import { createFaults, readPlugin, startTestPlatform, until } from '@containr/testing';
import { expect } from 'chai';

describe('the deploy bell', () => {
  const faults = createFaults();
  const heard: string[] = [];
  const chat = createServer((request, response) => {
    void text(request).then((line) => {
      heard.push(line);
      response.end();
    });
  });
  let test: TestPlatform;
  let environment = '';

  before(async () => {
    chat.listen(0, '127.0.0.1');
    await once(chat, 'listening');
    const { port } = chat.address() as AddressInfo;
    const bell = await readPlugin(new URL('..', import.meta.url));
    const settings = { 'deploy-bell': { webhook: `http://127.0.0.1:${port}/bell` } };
    test = await startTestPlatform({ plugins: ['projects', bell], settings, faults });
    const project = await test.console('/projects', {
      method: 'POST',
      organisation: 'default',
      body: { name: 'Shop' },
    });
    const list = await test.console(`/environments?project=${String(project.field('id'))}`, {
      organisation: 'default',
    });
    environment = String(list.field('items', 0, 'id'));
  });
  after(async () => {
    await test?.stop();
    chat.close();
  });
  const make = (name: string) =>
    test.console('/services', { method: 'POST', organisation: 'default', body: { environment, name, kind: 'web' } });

  it('rings for a new service', async () => {
    const made = await make('Web');
    expect(made.status, made.text).to.equal(201);
    await until('the chat heard', async () => heard.length === 1);
    expect(heard).to.deep.equal(['{"text":"A service was made"}']);
    await until('it knows that it rang', async () => (await test.console('/deploy-bell')).field('rung') === 1);
  });

  it('never shows the address', async () => {
    const { text: shown } = await test.console('/settings/deploy-bell');
    expect(shown).not.to.include('127.0.0.1');
  });

  it('keeps a line that could not be delivered', async () => {
    faults.fail('fetch', { plugin: 'deploy-bell', error: new Error('the chat is down') });
    await make('Api');
    await until('it was tried', async () => faults.count('fetch', { plugin: 'deploy-bell' }) === 2);
    await until('it waits for another try', async () =>
      (await test.console('/jobs')).text.includes('the chat is down'),
    );
  });
});

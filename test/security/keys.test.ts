import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestPlatform } from '@containr/testing';
import { startTestPlatform, until } from '@containr/testing';
import { expect } from 'chai';

describe('keys of an install are rotated while it serves', function () {
  this.timeout(60_000);
  let test: TestPlatform;
  before(async () => {
    test = await startTestPlatform({ plugins: ['projects'] });
  });
  after(() => test?.stop());
  const ask = (path: string, method: 'GET' | 'POST' = 'GET', body?: object) =>
    test.console(path, { method, organisation: 'default', ...(body ? { body } : {}) });

  it('moves variables and revisions to the new key, retires the old one, and can be followed all the way', async () => {
    const project = String((await ask('/projects', 'POST', { name: 'Shop' })).field('id'));
    const environment = String((await ask(`/environments?project=${project}`)).field('items', 0, 'id'));
    const made = await ask('/services', 'POST', { environment, name: 'web', slug: 'web', kind: 'web', spec: {} });
    expect(made.status, made.text).to.equal(201);
    const variable = { name: 'KEY', value: 'hunter2', kind: 'secret', service: String(made.field('id')) };
    expect((await ask('/variables', 'POST', variable)).status).to.equal(201);

    const old = String((await test.console('/keys')).field('items', 0, 'id'));
    const rotated = await test.console('/keys/rotate', { method: 'POST' });
    expect([rotated.status, rotated.field('items', 1, 'current')]).to.deep.equal([202, true]);
    await until('nothing needs the old key', async () => {
      const left = (await test.console('/keys')).field('items', 0, 'sealed');
      return Array.isArray(left) && left.length === 0;
    });
    const early = await test.console(`/keys/${old}/retire`, { method: 'POST' });
    expect([early.status, early.field('code')]).to.deep.equal([409, 'CONFLICT_KEY_FRESH']);
    // As if the rotation had been a while ago.
    const path = join(test.data, 'keys/keys.json');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replaceAll(/"\d{4}-\d\d-\d\dT[^"]*"/g, '"2020-01-01T00:00:00.000Z"'));
    const retired = await test.console(`/keys/${old}/retire`, { method: 'POST' });
    expect([retired.status, retired.field('items')], retired.text).to.deep.equal([
      200,
      [{ id: rotated.field('items', 1, 'id'), current: true, madeAt: '2020-01-01T00:00:00.000Z', sealed: [] }],
    ]);
    const shown = await ask(`/variables?service=${variable.service}`);
    expect(shown.field('items', 0, 'value')).to.equal('hunter2');
    expect((await test.console('/audit/verify', { method: 'POST' })).field('ok')).to.equal(true);
  });

  it('is for who holds key:manage only', async () => {
    expect((await test.request('/api/v1/keys')).status).to.equal(401);
    expect((await test.request('/api/v1/keys/rotate', { method: 'POST' })).status).to.equal(401);
  });
});

import { fileURLToPath } from 'node:url';
import type { PluginPackage } from '@containr/kernel';
import { definePlugin } from '@containr/sdk';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { Dashboard } from './dashboard.ts';

/** A plugin with a setting of each kind. */
const everything: PluginPackage = {
  name: 'everything',
  version: '1.0.0',
  directory: fileURLToPath(new URL('.', import.meta.url)),
  manifest: { displayName: 'Everything', requires: {}, permissions: {}, segments: [], roots: [], programs: {} },
  load: async () =>
    definePlugin({
      settings: {
        type: 'object',
        properties: {
          greeting: { type: 'string', maxLength: 10, default: 'Hello', description: 'The first word.' },
          ratio: { type: 'number', default: 0.5 },
          port: { type: 'integer', minimum: 1, default: 8000, description: 'Where it listens.' },
          strict: { type: 'boolean', default: false, description: 'Refuses what it does not know.' },
          mode: { type: 'string', enum: ['auto', 'docker'], default: 'auto' },
          hosts: { type: 'array', items: { type: 'string', minLength: 3 }, default: [] },
          token: { type: 'string', writeOnly: true, default: '' },
          limits: {
            type: 'object',
            properties: { cpu: { type: 'number', default: 1 }, memoryBytes: { type: 'integer', minimum: 5 } },
            additionalProperties: false,
            default: {},
          },
        },
        required: ['greeting', 'ratio', 'port', 'strict', 'mode', 'hosts', 'token', 'limits'],
        additionalProperties: false,
      },
      setup: (ctx) => void ctx.settings.onChange(() => undefined),
    }),
};

describe('settings of a plugin in the dashboard', function () {
  this.timeout(120_000);
  let dashboard: Dashboard;
  let page: Page;

  before(async () => {
    dashboard = await Dashboard.start({ plugins: ['auth', 'projects', everything] });
    page = (await dashboard.tab()).page;
    await dashboard.claim(page);
    await page.goto('/plugins/everything');
    await page.getByLabel('Greeting').waitFor();
  });
  after(() => dashboard?.stop());
  const save = () => page.getByRole('button', { name: /^Save/ });
  const stored = async () => (await dashboard.test.console('/settings/everything')).field('value');

  it('has a field for each kind, each with its help linked', async () => {
    for (const [label, help] of [
      ['Greeting', 'The first word.'],
      ['Port', 'Where it listens.'],
      ['Strict', 'Refuses what it does not know.'],
      ['Hosts', 'One a line.'],
    ] as const) {
      const id = await page.getByLabel(label, { exact: true }).getAttribute('aria-describedby');
      expect(await page.locator(`[id="${id}"]`).innerText(), label).to.include(help);
    }
    await page.getByRole('group', { name: 'Limits' }).getByLabel('Cpu').waitFor();
  });

  it('saves all of them at once, and shows of the secret only that it is set', async () => {
    await page.getByLabel('Greeting').fill('Hi');
    await page.getByLabel('Ratio').fill('0.25');
    await page.getByLabel('Port').fill('9000');
    await page.getByRole('checkbox', { name: 'Strict' }).click();
    await page.getByLabel('Mode').selectOption('docker');
    await page.getByLabel('Hosts').fill('one.example\ntwo.example');
    await page.getByLabel('Token').fill('hunter2');
    await page.getByLabel('Memory').fill('512 B');
    await save().click();
    await page.getByText('A value is set; it is never shown.').waitFor();
    expect(await stored()).to.deep.equal({
      greeting: 'Hi',
      ratio: 0.25,
      port: 9000,
      strict: true,
      mode: 'docker',
      hosts: ['one.example', 'two.example'],
      limits: { cpu: 1, memoryBytes: 512 },
    });
    expect(await page.getByLabel('Token').inputValue()).to.equal('');
  });

  it('says beside the field what is wrong with it, linked', async () => {
    await page.getByLabel('Greeting').fill('far too long a word');
    await page.getByLabel('Memory').fill('1 B');
    await save().click();
    for (const label of ['Greeting', 'Memory']) {
      const field = page.getByLabel(label);
      await page.locator('.wrong').first().waitFor();
      expect(await field.getAttribute('aria-invalid')).to.equal('true');
      const id = await field.getAttribute('aria-describedby');
      expect(await page.locator(`[id="${id}"]`).innerText()).to.match(/must/);
    }
    await page.getByLabel('Greeting').fill('Hey');
    await page.getByLabel('Memory').fill('1 KiB');
    await save().click();
    await page.getByText('Version 2, holds now').waitFor();
  });

  it('shows who changed what, and brings an earlier version back after a question', async () => {
    const history = page.getByRole('region', { name: 'History of the settings' });
    const text = await history.innerText();
    expect(text).to.include('Ada Example').and.include('port 8000 → 9000').and.include('token changed');
    expect(text).not.to.include('hunter2');
    await history.getByRole('button', { name: 'Bring back version 1' }).click();
    const dialog = page.getByRole('dialog', { name: 'Bring back version 1?' });
    await dialog.getByRole('button', { name: 'Keep what holds now' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(await stored()).to.have.property('greeting', 'Hey');
    await history.getByRole('button', { name: 'Bring back version 1' }).click();
    await dialog.getByRole('button', { name: 'Bring it back' }).click();
    await history.getByText('brought back version 1').waitFor();
    expect(await stored()).to.have.property('greeting', 'Hi');
    expect(await page.getByLabel('Greeting').inputValue()).to.equal('Hi');
    expect(dashboard.complaints).to.deep.equal([]);
  });

  it('has a page for the install’s own, with lists checked entry by entry', async () => {
    await page.goto('/settings');
    await page.getByRole('link', { name: /Requests and origins/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Requests and origins' }).waitFor();
    await page.getByLabel('Allowed origins').fill('https://tools.example.com\ntools.example.org');
    await save().click();
    await page.locator('.wrong').first().waitFor();
    expect(await page.getByLabel('Allowed origins').getAttribute('aria-invalid')).to.equal('true');
    await page.getByLabel('Allowed origins').fill('https://tools.example.com');
    await save().click();
    await page.getByText('Version 1, holds now').waitFor();
    const kept = (await dashboard.test.console('/settings/kernel')).field('value');
    expect(kept).to.have.deep.property('allowedOrigins', ['https://tools.example.com']);
    await page.getByRole('button', { name: 'Bring back the defaults' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Bring it back' }).click();
    await page.getByText('brought back the defaults').waitFor();
    expect(await page.getByLabel('Allowed origins').inputValue()).to.equal('');
  });
});

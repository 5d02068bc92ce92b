import { expect } from 'chai';
import { packPlugin } from '@containr/testing';
import type { Page } from 'playwright-core';
import { Dashboard } from './dashboard.ts';

const setup = (version: string) =>
  `ctx.http.route({ method: 'GET', path: '/mail', public: true, summary: 'Version', response: {}, handler: async () => ({ version: '${version}' }) });`;
const manifest = { displayName: 'Mail', permissions: { 'mail:send': 'Send mail' }, requires: { auth: '*' } };

describe('installing a plugin in the dashboard', function () {
  this.timeout(120_000);
  let dashboard: Dashboard;
  let page: Page;
  const shots = process.env['CONTAINR_TEST_SHOTS'];
  const shot = async (name: string) => shots && (await page.screenshot({ path: `${shots}/${name}.png` }));

  before(async () => {
    dashboard = await Dashboard.start({ plugins: ['auth'] });
    ({ page } = await dashboard.tab());
    await dashboard.claim(page).catch(() => undefined);
  });
  after(() => dashboard?.stop());

  async function install(version: string): Promise<void> {
    const buffer = await packPlugin({ name: 'mail', version, setup: setup(version), manifest });
    await page.getByRole('button', { name: 'Install a plugin' }).click();
    const dialog = page.getByRole('dialog', { name: 'Install a plugin' });
    await dialog
      .getByLabel('Archive of the plugin')
      .setInputFiles({ name: `mail-${version}.tgz`, mimeType: 'application/gzip', buffer });
    await dialog.getByText('mail:send: Send mail').waitFor();
    await dialog.getByText('/api/v1/mail').waitFor();
    await shot(`install-${version}`);
    await dialog.getByRole('button', { name: 'Install', exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
  }

  it('says what it asks for first, and installs it off', async () => {
    await page.goto('/plugins');
    await install('1.0.0');
    const inspector = page.getByRole('complementary', { name: 'Plugin Mail' });
    await inspector.getByText('Not trusted: its code', { exact: false }).waitFor();
    expect(await page.getByRole('switch', { name: 'Mail on' }).getAttribute('aria-checked')).to.equal('false');
  });

  it('trusts it, turns it on, and serves another version', async () => {
    await page.getByRole('button', { name: 'Trust it' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Trust it' }).click();
    await page.getByText('Trusted: its code', { exact: false }).waitFor();
    await page.getByRole('switch', { name: 'Mail on' }).click();
    await page.locator('tr', { hasText: 'Mail' }).first().getByText('Active').waitFor();
    await install('1.1.0');
    await page.getByRole('button', { name: 'Choose', exact: true }).click();
    await shot('upgrade');
    await page.getByRole('button', { name: 'Serve 1.1.0' }).click();
    await page.locator('tr', { hasText: 'Mail' }).first().getByText('1.1.0').waitFor();
    expect((await dashboard.test.request('/api/v1/mail')).json).to.deep.equal({ version: '1.1.0' });
    await shot('versions');
    await page.emulateMedia({ colorScheme: 'dark' });
    await shot('versions-dark');
    await page.setViewportSize({ width: 390, height: 844 });
    await shot('versions-phone');
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
  });

  it('removes a version that is not in use, once its number is typed', async () => {
    const versions = page.getByRole('list', { name: 'Installed versions' });
    expect(await versions.getByRole('button', { name: 'Remove 1.1.0' }).count()).to.equal(0);
    await versions.getByRole('button', { name: 'Remove 1.0.0' }).click();
    const dialog = page.getByRole('dialog', { name: 'Remove Mail 1.0.0?' });
    await dialog.getByLabel('Type 1.0.0 to confirm').fill('1.0.0');
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await versions.getByText('1.0.0').waitFor({ state: 'detached' });
    const left = (await dashboard.test.console('/plugins/mail/versions')).field('items') as { version: string }[];
    expect(left.map(({ version }) => version)).to.deep.equal(['1.1.0']);
  });

  it('removes it after naming what goes', async () => {
    await page.getByRole('switch', { name: 'Mail on' }).click();
    await page.locator('tr', { hasText: 'Mail' }).first().getByText('Off').waitFor();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Remove Mail?' });
    await dialog.getByText('Its code goes: 1.1.0.').waitFor();
    await dialog.getByLabel('Type mail to confirm').fill('mail');
    await shot('remove');
    await page.setViewportSize({ width: 390, height: 844 });
    await shot('remove-phone');
    await page.setViewportSize({ width: 1440, height: 900 });
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('link', { name: 'Mail' }).waitFor({ state: 'detached' });
    expect((await dashboard.test.console('/plugins/mail')).status).to.equal(404);
  });

  it('had no complaint of the browser on the way', () => {
    expect(dashboard.complaints).to.deep.equal([]);
  });
});

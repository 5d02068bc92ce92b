import { packPlugin, readPlugin } from '@containr/testing';
import { expect } from 'chai';
import type { Locator, Page } from 'playwright-core';
import { Dashboard } from './dashboard.ts';
import { packageFolder, writePlugin } from './framed-package.ts';

const wants = {
  hosts: { 'chat.example.org': 'To ring in the chat' },
  secrets: { 'auth.token': 'To sign in at the chat' },
  events: { 'kernel.pluginChanged': 'To ring when a plugin changes' },
};

describe('what a plugin may reach, in the dashboard', function () {
  this.timeout(120_000);
  let dashboard: Dashboard;
  let page: Page;
  let reach: Locator;
  let packages: Awaited<ReturnType<typeof packageFolder>>;
  const shots = process.env['CONTAINR_TEST_SHOTS'];
  const granted = async () => {
    const all = (await dashboard.test.console('/plugins/bell/grants')).field('grants') as {
      value: string;
      granted: boolean;
    }[];
    return all
      .filter((one) => one.granted)
      .map(({ value }) => value)
      .toSorted();
  };

  async function shoot(name: string): Promise<void> {
    if (!shots) return;
    for (const [width, height] of [[1440, 900] as const, [390, 844] as const])
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme });
        await reach.scrollIntoViewIfNeeded();
        await page.waitForTimeout(600);
        await page.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png` });
      }
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
  }

  before(async () => {
    packages = await packageFolder();
    const ui = 'export default { contributions: [] };';
    const plugins = [
      await writePlugin(packages.folder, { name: 'bell', setup: '', ui, manifest: { wants } }),
      await writePlugin(packages.folder, { name: 'hermit', setup: '', ui }),
    ];
    const read = await Promise.all(plugins.map((directory) => readPlugin(directory, 'isolated')));
    dashboard = await Dashboard.start({ plugins: ['auth', 'projects', ...read] });
    ({ page } = await dashboard.tab());
    await dashboard.claim(page);
    await page.goto('/plugins/bell');
    reach = page.getByRole('region', { name: 'What it may reach' });
  });
  after(async () => {
    await dashboard?.stop();
    await packages?.remove();
  });

  it('is what it asks for with its reasons, and nothing is granted by itself', async () => {
    await reach.getByText('To ring in the chat').waitFor();
    await reach.getByText('Read the secret auth.token in clear.').waitFor();
    for (const one of await reach.getByRole('switch').all())
      expect(await one.getAttribute('aria-checked')).to.equal('false');
    expect(await reach.getByRole('switch').count()).to.equal(3);
  });

  it('is granted all together, after a dialog that names what that gives', async () => {
    await reach.getByRole('button', { name: 'Grant all that it asks for' }).click();
    const dialog = page.getByRole('dialog', { name: 'Grant Bell all that it asks for?' });
    await dialog.getByText('Send data to chat.example.org and read its answers.').waitFor();
    await shoot('grants-dialog');
    await dialog.getByRole('button', { name: 'Grant 3 things' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(await granted()).to.deep.equal(['auth.token', 'chat.example.org', 'kernel.pluginChanged']);
    await reach.getByRole('button', { name: 'Grant all that it asks for' }).waitFor({ state: 'detached' });
  });

  it('is taken back one by one, and the undo grants it again', async () => {
    await reach.getByRole('switch', { name: 'auth.token granted' }).click();
    await page.getByText('auth.token taken back, at once').waitFor();
    expect(await granted()).to.deep.equal(['chat.example.org', 'kernel.pluginChanged']);
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await page.getByText('auth.token granted', { exact: true }).waitFor();
    expect(await granted()).to.include('auth.token');
  });

  it('shows what is granted beyond what it asks for, and which host a wider one covers', async () => {
    await dashboard.test.console('/plugins/bell/grants', {
      method: 'PATCH',
      body: { allow: [{ kind: 'hosts', value: '*.example.org' }], deny: [] },
    });
    await reach.getByText('Granted beyond what it asks for.').waitFor();
    await reach.getByText('Granted by *.example.org.').waitFor();
    await shoot('grants');
    await reach.getByRole('switch', { name: '*.example.org granted' }).click();
    await reach.getByText('Granted beyond what it asks for.').waitFor({ state: 'detached' });
  });

  it('says when it can’t be set up without what was taken back, and goes on', async () => {
    const buffer = await packPlugin({
      ...{ name: 'ringer', version: '1.0.0' },
      setup: `ctx.events.on({ type: 'event', name: 'bell.rang', payload: true }, async () => {});`,
      manifest: { wants: { events: { 'bell.rang': 'To ring too' } } },
    });
    await page.goto('/plugins');
    await page.getByRole('button', { name: 'Install a plugin' }).click();
    const dialog = page.getByRole('dialog', { name: 'Install a plugin' });
    const archive = { name: 'ringer.tgz', mimeType: 'application/gzip', buffer };
    await dialog.getByLabel('Archive of the plugin').setInputFiles(archive);
    await dialog.getByRole('button', { name: 'Install', exact: true }).click();
    await reach.getByText('a change holds when it is turned on', { exact: false }).waitFor();
    await reach.getByRole('switch', { name: 'bell.rang granted' }).click();
    await page.getByText('bell.rang granted', { exact: true }).waitFor();
    const enabled = await dashboard.test.console('/plugins/ringer/enable', { method: 'POST' });
    expect(enabled.status, enabled.text).to.equal(200);
    await reach.getByText('A change holds at once', { exact: false }).waitFor();
    await reach.getByRole('switch', { name: 'bell.rang granted' }).click();
    await reach.getByText('It can’t be set up with what is left').waitFor();
    await reach.getByText('It goes on as it is, without what was taken back.', { exact: false }).waitFor();
    await shoot('grants-problem');
    expect((await dashboard.test.console('/plugins/ringer')).field('state')).to.equal('active');
    await reach.getByRole('switch', { name: 'bell.rang granted' }).click();
    await reach.getByText('It can’t be set up with what is left').waitFor({ state: 'detached' });
  });

  it('teaches how to grant more to one that asks for nothing', async () => {
    await page.goto('/plugins/hermit');
    await reach.getByText('containr plugins grants hermit allow').waitFor();
  });

  it('had no complaint of the browser on the way', () => {
    expect(dashboard.complaints).to.deep.equal([]);
  });
});

import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { Dashboard } from './dashboard.ts';

describe('switching plugins while one looks', function () {
  this.timeout(120_000);
  let dashboard: Dashboard;
  let page: Page;
  let watcher: Page;

  before(async () => {
    dashboard = await Dashboard.start();
    const first = await dashboard.tab();
    page = first.page;
    await dashboard.claim(page);
    watcher = await first.context.newPage();
    await watcher.goto('/deployments');
    await watcher.getByText('Nothing was deployed yet').waitFor();
    await watcher.evaluate('window.sameDocument = true');
  });
  after(async () => {
    await dashboard?.stop();
  });

  it('names what else stops, and does nothing when one thinks better of it', async () => {
    await page.goto('/plugins');
    await page.getByRole('switch', { name: 'Deployments on' }).click();
    const dialog = page.getByRole('dialog', { name: 'Turn off Deployments?' });
    await dialog.getByText('Git', { exact: false }).first().waitFor();
    await dialog.getByRole('button', { name: 'Keep on' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(await page.getByRole('switch', { name: 'Deployments on' }).getAttribute('aria-checked')).to.equal('true');
  });

  it('takes its pages and navigation away in another tab too, with a calm notice on the open page', async () => {
    await page.getByRole('switch', { name: 'Deployments on' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Turn off all 3' }).click();
    await page.locator('tr', { hasText: 'Deployments' }).first().getByText('Off').waitFor();
    expect(await page.getByRole('switch', { name: 'Git on' }).locator('xpath=ancestor::tr').innerText()).to.match(
      /Off|Waiting/,
    );
    await watcher.getByText('This page belongs to a plugin that was switched off').waitFor();
    await watcher.locator('.side').getByRole('link', { name: 'Deployments' }).waitFor({ state: 'detached' });
    expect(await watcher.evaluate('window.sameDocument')).to.equal(true);
  });

  it('shows the overview without its cards, and no page of it at its address', async () => {
    const { page: other } = { page: await page.context().newPage() };
    await other.goto('/');
    await other.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    expect(await other.getByText('Reached live').count()).to.equal(0);
    await other.goto('/deployments');
    await other.getByText('No page has this address').waitFor();
    await other.close();
  });

  it('brings everything back by itself when it is on again', async () => {
    await page.getByRole('switch', { name: 'Deployments on' }).click();
    await page.locator('tr', { hasText: 'Deployments' }).first().getByText('Active').waitFor();
    await watcher.getByText('Nothing was deployed yet').waitFor();
    await watcher.locator('.side').getByRole('link', { name: 'Deployments' }).waitFor();
    expect(await watcher.evaluate('window.sameDocument')).to.equal(true);
  });

  it('shows what a plugin does and touches: calls, latency, errors, and whose things it uses', async () => {
    await page.goto('/plugins/projects');
    const inspector = page.getByRole('complementary', { name: 'Plugin Projects' });
    await inspector.getByText('route GET /projects', { exact: true }).waitFor();
    await inspector
      .getByText(/calls?, no errors, half within/)
      .first()
      .waitFor();
    await inspector.getByText('Accounts', { exact: false }).last().click();
    await inspector.getByText('calls contract organisations').waitFor();
  });

  it('had no complaint of the browser on the way', () => {
    expect(dashboard.complaints).to.deep.equal([]);
  });
});

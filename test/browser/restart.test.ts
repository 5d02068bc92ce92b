import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { BuiltTree } from '../road/built-tree.ts';
import { Install } from '../road/install.ts';
import { pathWithoutDocker } from '../road/path.ts';
import { claimBy, launchBrowser } from './dashboard.ts';

describe('restarting the control plane from the dashboard', function () {
  this.timeout(120_000);
  let tree: BuiltTree;
  let install: Install;
  let browser: Browser;
  let page: Page;

  before(async () => {
    tree = await BuiltTree.copy();
    install = await Install.prepare(
      { CONTAINR_RUNTIME: 'process', PATH: pathWithoutDocker() },
      ['--no-sample'],
      tree.root,
    );
    const ready = await install.start();
    browser = await launchBrowser();
    page = await browser.newPage({ baseURL: ready.dashboard, viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(30_000);
    await claimBy(ready.setup, page);
    await page.goto('/plugins');
    await page.evaluate('window.sameDocument = true');
  });
  after(async () => {
    await browser?.close();
    await install?.destroy();
    await tree?.remove();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.log(await install.log());
  });

  const dialog = () => page.getByRole('dialog', { name: 'Restart the control plane?' });

  it('asks first, shows that one starts, and says when it serves; the page stays', async () => {
    const before = await install.controlPlanePid();
    await page.getByRole('button', { name: 'Restart' }).click();
    await dialog().getByText('serves, started', { exact: false }).waitFor();
    expect(await install.controlPlanePid(), 'nothing happened yet').to.equal(before);
    await dialog().getByRole('button', { name: 'Restart' }).click();
    await page.getByText('Containr 0.1.0 serves, started anew').waitFor();
    await dialog().waitFor({ state: 'hidden' });
    expect(await install.controlPlanePid()).to.not.equal(before);
    expect(await page.evaluate('window.sameDocument')).to.equal(true);
    await page.getByText('Everything is a plugin').waitFor();
  });

  it('says why the new one does not serve', async () => {
    await tree.change('plugins/git/dist/plugin.js', (text) => `throw new Error('This plugin is broken.');\n${text}`);
    await page.getByRole('button', { name: 'Restart' }).click();
    await dialog().getByRole('button', { name: 'Restart' }).click();
    await dialog().getByText('This plugin is broken.', { exact: false }).waitFor();
    await dialog().getByText('the one before serves', { exact: false }).waitFor();
  });
});

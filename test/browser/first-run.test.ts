import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { createClient } from '@containr/client';
import { until } from '@containr/testing';
import { nodeApp } from '../road/apps.ts';
import { archive } from './archive.ts';
import { Dashboard, owner } from './dashboard.ts';

describe('first run in a browser', function () {
  this.timeout(180_000);
  let dashboard: Dashboard;
  let page: Page;

  before(async () => {
    dashboard = await Dashboard.start({ agent: true });
    ({ page } = await dashboard.tab());
  });
  after(async () => {
    await dashboard?.stop();
  });

  it('leads who is not signed in to the set-up link, and claims the install with it', async () => {
    await page.goto('/projects');
    await page.getByRole('heading', { name: 'Nobody owns this install yet' }).waitFor();
    await dashboard.claim(page);
    expect(page.url()).not.to.include('token');
    expect(await dashboard.setUpLink()).to.equal(null);
  });

  it('signs out and in again, back to the page that was asked for', async () => {
    await page.goto('/settings/account');
    await page.getByRole('button', { name: 'Sign out' }).first().click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goto('/plugins');
    await page.getByLabel('E-mail').fill(owner.email);
    await page.getByLabel('Password').fill('a wrong password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Password').fill(owner.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Plugins' }).waitFor();
  });

  it('makes a project and a service, and shows the line to push with', async () => {
    await page.goto('/');
    await page.getByRole('link', { name: 'Go to projects' }).click();
    await page.getByRole('button', { name: 'Make project' }).first().click();
    await page.getByRole('dialog').getByLabel('Name').fill('Harbour');
    await page.getByRole('dialog').getByRole('button', { name: 'Make project' }).click();
    await page.getByRole('heading', { level: 1, name: 'Harbour' }).waitFor();
    await page.getByRole('button', { name: 'Add service' }).first().click();
    await page.getByRole('dialog').getByLabel('Name').fill('web');
    await page.getByRole('dialog').getByRole('button', { name: 'Add service' }).click();
    await page.getByRole('heading', { level: 1, name: 'web' }).waitFor();
    const line = await page.locator('pre').first().innerText();
    expect(line).to.match(/git push http:\/\/localhost:\d+\/git\/[a-z]+\/harbour\/production\/web\.git HEAD:main/);
    await page.getByText('Listening for the first push').waitFor();
  });

  it('follows a deployment to live while one looks, without a reload', async () => {
    const service = /services\/([0-9a-f-]+)/.exec(page.url())?.[1] ?? '';
    await page.evaluate('window.sameDocument = true');
    const client = createClient({ origin: dashboard.test.origin, token: await makeToken(page) });
    const { id } = await client.upload<{ id: string }>(
      '/uploads',
      await archive(nodeApp('hello from the harbour')),
      'application/gzip',
    );
    await client.request('POST', '/deployments', {
      body: { service, source: { kind: 'upload', upload: id, message: 'First version' } },
    });

    await page.getByRole('heading', { name: 'Latest deployment' }).waitFor({ timeout: 30_000 });
    await page.locator('.ph .st-live').getByText('Live').waitFor({ timeout: 90_000 });
    await page.getByRole('link', { name: 'Deployments' }).last().click();
    await page.getByRole('heading', { name: 'Deployment 1' }).waitFor();
    await page.locator('.log-text', { hasText: 'listening on' }).first().waitFor();
    expect(await page.locator('.phase.done').count()).to.be.at.least(7);
    expect(await page.evaluate('window.sameDocument')).to.equal(true);
  });

  it('serves the app at the address it shows', async () => {
    await page.getByRole('link', { name: 'Overview' }).last().click();
    const address = await page.getByRole('link', { name: /^http:\/\/web-harbour/ }).getAttribute('href');
    await until('the app answers', async () => {
      const { context, page: visitor } = await dashboard.tab();
      try {
        await visitor.goto(address ?? '');
        return (await visitor.content()).includes('hello from the harbour');
      } finally {
        await context.close();
      }
    });
  });

  it('had no complaint of the browser on the way', () => {
    expect(dashboard.complaints).to.deep.equal([]);
  });
});

/** Makes an API token in the account page, the way a person does. */
async function makeToken(page: Page): Promise<string> {
  const context = page.context();
  const tab = await context.newPage();
  await tab.goto('/settings/account');
  await tab.getByRole('button', { name: 'Make token' }).first().click();
  await tab.getByRole('dialog').getByLabel('Name').fill('upload');
  await tab.getByRole('dialog').getByRole('button', { name: 'Make token' }).click();
  await tab.getByText('Keep this token now').waitFor();
  const secret = (await tab.getByRole('dialog').locator('pre').innerText()).trim();
  await tab.close();
  return secret;
}

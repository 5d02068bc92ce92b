import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { Dashboard } from './dashboard.ts';

describe('the audit page', function () {
  this.timeout(120_000);
  let dashboard: Dashboard;
  let page: Page;

  before(async () => {
    dashboard = await Dashboard.start({ plugins: ['auth', 'projects'] });
    page = (await dashboard.tab()).page;
    await dashboard.claim(page);
    for (let at = 1; at <= 60; at += 1) {
      const made = await page.evaluate(
        async (name) =>
          (
            await fetch('/api/v1/projects', {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify({ name }),
            })
          ).status,
        at === 60 ? '' : `Shop ${at}`,
      );
      expect(made).to.equal(at === 60 ? 422 : 201);
    }
  });
  after(() => dashboard?.stop());
  const rows = () => page.locator('.audit tbody tr');

  it('lists who did what with its outcome, page by page, and keeps the place in the address', async () => {
    await page.locator('.side').getByRole('link', { name: 'Audit' }).click();
    await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
    await rows().first().waitFor();
    expect(await rows().count()).to.equal(50);
    const first = (await rows().first().innerText()).replaceAll(/\s+/g, ' ');
    expect(first).to.include('Ada Example signed in').and.include('POST /projects').and.include('Not accepted');
    await page.getByRole('button', { name: 'Older' }).click();
    await page.waitForURL(/before=/);
    await page.reload();
    await page.getByRole('button', { name: 'Newest' }).waitFor();
    expect(await rows().count()).to.be.lessThan(50);
    await page.getByRole('button', { name: 'Newest' }).click();
    await page.getByRole('button', { name: 'Older' }).waitFor();
  });

  it('is narrowed by a text, and says when nothing fits', async () => {
    await page.getByLabel('Find in the log').fill('nothing like it');
    await page.getByText('Nothing on record fits').waitFor();
    await page.getByLabel('Find in the log').fill('POST /proj');
    await rows().first().waitFor();
    await page.getByLabel('Find in the log').fill('');
    await page.getByRole('button', { name: 'Last hour' }).click();
    await page.waitForURL(/period=hour/);
    await rows().first().waitFor();
  });

  it('verifies the log, and names the row that somebody changed', async () => {
    await page.getByRole('button', { name: 'Verify the log' }).click();
    await page.getByText(/All \d+ rows are as written/).waitFor();
    const { pool } = dashboard.test.database;
    await pool.query('alter table containr.audit disable trigger user');
    await pool.query(`update containr.audit set principal_name = 'Nobody' where position = 7`);
    await page.getByRole('button', { name: 'Verify the log' }).click();
    await page.getByText('Row 7 was changed after it was written').waitFor();
    expect(dashboard.complaints).to.deep.equal([]);
  });
});

import { expect } from 'chai';
import type { BrowserContext, Page } from 'playwright-core';
import { until } from '@containr/testing';
import { Dashboard } from './dashboard.ts';

describe('variables in the dashboard', function () {
  this.timeout(180_000);
  let dashboard: Dashboard;
  let page: Page;
  let context: BrowserContext;
  let service: string;

  const ask = (path: string, method = 'GET', body?: object) =>
    dashboard.test.console(path, { method, organisation: 'example', ...(body ? { body } : {}) });
  const values = async () => {
    const items = (await ask(`/variables?service=${service}`)).field('items');
    const rows = Array.isArray(items) ? items : [];
    return Object.fromEntries(rows.map((row: { name: string; value: string | null }) => [row.name, row.value]));
  };
  const bar = () => page.getByRole('region', { name: 'Staged changes' });
  const apply = async () => {
    await bar().getByRole('button', { name: 'Apply', exact: true }).click();
    await bar().waitFor({ state: 'detached' });
  };

  before(async () => {
    dashboard = await Dashboard.start({ plugins: ['auth', 'projects'] });
    ({ page, context } = await dashboard.tab());
    await dashboard.claim(page);
    const project = String((await ask('/projects', 'POST', { name: 'Harbour' })).field('id'));
    const environment = (await ask(`/environments?project=${project}`)).field('items', 0, 'id');
    const make = async (name: string) => String((await ask('/services', 'POST', { environment, name })).field('id'));
    service = await make('web');
    const db = await make('db');
    await ask('/variables', 'POST', { service: db, name: 'URL', kind: 'secret', value: 'postgres://hush' });
    await page.goto(`/services/${service}/variables`);
  });
  after(() => dashboard?.stop());

  it('are staged one by one, reviewed, and applied together', async () => {
    const add = async (name: string, value: string) => {
      await page.getByRole('button', { name: 'Add variable' }).first().click();
      await page.getByLabel('Name').fill(name);
      await page.getByLabel('Value').fill(value);
      await page.getByRole('button', { name: 'Stage change' }).click();
      await page.getByRole('dialog', { name: 'Add a variable' }).waitFor({ state: 'detached' });
    };
    await add('LOG_LEVEL', 'info');
    await add('DATABASE_URL', '${{db.URL}}');
    await bar().getByText('2 changes staged').waitFor();
    expect(await values()).to.deep.equal({});
    await bar().getByRole('button', { name: 'Review' }).click();
    const drawer = page.getByRole('dialog', { name: /staged change/ });
    await drawer.getByText('${{db.URL}}').waitFor();
    await drawer.getByRole('button', { name: 'Drop LOG_LEVEL' }).click();
    await drawer.getByText('LOG_LEVEL').waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    await apply();
    expect(await values()).to.deep.equal({ DATABASE_URL: '${{db.URL}}' });
    await page.getByText('DATABASE_URL → db.URL').waitFor();
  });

  it('are written as a text, with what changes shown before, and what is wrong by its line', async () => {
    await page.getByRole('button', { name: 'Text', exact: true }).click();
    const text = page.getByLabel('Variables of web as text');
    await text.waitFor();
    await text.fill('# ours\nDATABASE_URL=${{db.URL}}\nnonsense\n');
    await page.getByText('is no comment and no NAME=value').waitFor();
    expect(await page.getByRole('button', { name: /^Stage/ }).getAttribute('aria-disabled')).to.equal('true');
    await text.fill('# ours\nDATABASE_URL=${{db.URL}}\nLOG_LEVEL=debug\n');
    await page.getByRole('button', { name: 'Stage 1 change' }).click();
    await bar().getByText('1 change staged').waitFor();
    await apply();
    await until('it is there', async () => (await values())['LOG_LEVEL'] === 'debug');
    await page.getByRole('button', { name: 'Text', exact: true }).click();
    expect(await text.inputValue()).to.equal('# ours\nDATABASE_URL=${{db.URL}}\nLOG_LEVEL=debug\n');
  });

  it('have a history, and any version comes back', async () => {
    await page.getByRole('button', { name: 'History' }).click();
    await page.getByRole('button', { name: 'Bring back' }).first().click();
    await page
      .getByRole('dialog', { name: /Bring back version/ })
      .getByRole('button', { name: 'Bring back' })
      .click();
    await until('it is gone again', async () => !('LOG_LEVEL' in (await values())));
  });

  it('that somebody else changed are looked at before they are applied over', async () => {
    const items = (await ask(`/variables?service=${service}`)).field('items', 0, 'id');
    await page.getByRole('button', { name: 'Table', exact: true }).click();
    await page.getByRole('button', { name: 'Change DATABASE_URL' }).click();
    await page.getByLabel('Value').fill('mine');
    await page.getByRole('button', { name: 'Stage change' }).click();
    await bar().waitFor();
    await ask(`/variables/${String(items)}`, 'PATCH', { value: 'theirs' });
    await page.reload();
    await bar().getByRole('button', { name: 'Apply', exact: true }).click();
    await page.getByText('Somebody was faster').waitFor();
    await page.getByRole('button', { name: 'Apply over what is there' }).click();
    await until('it is mine', async () => (await values())['DATABASE_URL'] === 'mine');
  });

  it('are shared by an environment on a page of their own, and nothing was complained about', async () => {
    await page.getByRole('link', { name: 'Shared variables' }).click();
    await page.getByRole('heading', { level: 1, name: 'Shared variables' }).waitFor();
    await page.getByText('No variables yet').waitFor();
    await context.close();
    expect(dashboard.complaints).to.deep.equal([]);
  });
});

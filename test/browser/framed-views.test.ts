import { packFolder, readPluginFolder } from '@containr/plugin-build';
import { readPlugin, until } from '@containr/testing';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { Dashboard } from './dashboard.ts';
import { buildSample, packageFolder, writePlugin } from './framed-package.ts';

/** Two pages that lead to each other, and a block of a narrow place. */
const walker = `
import { h } from 'vue';
import { RouterLink, useRoute, useRouter } from 'vue-router';
import { UiButton, UiPage, useDashboard, usePage } from '@containr/ui-kit';
const Step = {
  props: ['step'],
  setup(props) {
    const dashboard = useDashboard(), route = useRoute(), router = useRouter();
    usePage(() => ({ title: 'Step ' + props.step, crumbs: [{ label: 'Walk', to: '/walker/1' }, { label: 'Out', to: '/settings' }, { label: 'Step ' + props.step }] }));
    const toast = () => dashboard.toast({ text: 'Walked', action: { label: 'Go back', run: () => router.push('/walker/1') } });
    return () => h(UiPage, { title: 'Step ' + props.step }, () => [
      h('p', { id: 'where' }, JSON.stringify([route.path, route.params.step, route.query.by ?? null, dashboard.viewer.value.email, dashboard.viewer.value.permissions])),
      h(RouterLink, { to: '/walker/2' }, () => 'Onward'),
      h(UiButton, { onClick: () => router.push({ query: { by: 'foot' } }) }, () => 'By foot'),
      h(UiButton, { onClick: toast }, () => 'Tell'),
      h(UiButton, { onClick: () => router.push('/settings') }, () => 'Leave'),
      h('input', { 'aria-label': 'Kept' }),
    ]);
  },
};
const permission = 'walker:read';
export default { contributions: [
  { outlet: 'page', id: 'walk', path: '/walker/:step', title: 'Walk', permission, view: Step },
  { outlet: 'navigation', id: 'walk', heading: 'block', permission, view: { render: () => h(UiButton, { id: 'narrow' }, () => 'Narrow') } },
] };`;

describe('views of a plugin that is not trusted', function () {
  this.timeout(120_000);
  let dashboard: Dashboard;
  let page: Page;
  let packages: Awaited<ReturnType<typeof packageFolder>>;
  const shots = process.env['CONTAINR_TEST_SHOTS'];
  const section = () => page.frameLocator('iframe[title="Coffee"]');
  const post = async (path: string, body?: object) => {
    const answer = await dashboard.test.console(path, { method: 'POST', ...(body ? { body } : {}) });
    expect(answer.status, answer.text).to.be.lessThan(300);
  };

  async function shoot(name: string): Promise<void> {
    if (!shots) return;
    for (const [width, height] of [[1440, 900] as const, [390, 844] as const])
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme });
        await page.waitForTimeout(600);
        await page.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png` });
      }
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
  }

  before(async () => {
    packages = await packageFolder();
    const coffee = await readPluginFolder(await buildSample('coffee', packages.folder));
    const other = await writePlugin(packages.folder, { name: 'walker', setup: '', ui: walker });
    dashboard = await Dashboard.start({ plugins: ['auth', 'projects', await readPlugin(other, 'isolated')] });
    const headers = { 'content-type': 'application/gzip' };
    const body = await packFolder(coffee);
    const installed = await dashboard.test.console('/plugins', { method: 'POST', headers, body });
    expect(installed.status, installed.text).to.equal(201);
    ({ page } = await dashboard.tab());
    await dashboard.claim(page);
    await page.goto('/');
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.evaluate('window.sameDocument = true');
  });
  after(async () => {
    await dashboard?.stop();
    await packages?.remove();
  });

  it('appear in an open dashboard when it is switched on', async () => {
    await post('/plugins/coffee/enable');
    await page.getByText('Count the first cup from the palette').waitFor();
    await section().getByText('No cups yet').waitFor();
    await page.locator('.side').getByRole('link', { name: 'Coffee' }).waitFor();
    expect(await page.evaluate('window.sameDocument')).to.equal(true);
  });

  it('ask their own routes in the name of who is signed in, and hear their events', async () => {
    await section().getByRole('button', { name: 'Count a cup' }).click();
    await section().locator('li time').first().waitFor();
    await page.locator('.mc', { hasText: 'Coffee today' }).getByText('1cup').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByLabel('Search or run').last().fill('espresso');
    await page.keyboard.press('Enter');
    await page.locator('.mc', { hasText: 'Coffee today' }).getByText('2cups').waitFor();
    await section().locator('li time').nth(1).waitFor();
    await shoot('framed-overview');
  });

  it('are in the order of the keyboard, under a name, and hand the dashboard its keys', async () => {
    const button = section().getByRole('button', { name: 'Count a cup' });
    const isFocused = () => button.evaluate((element) => element.matches(':focus'));
    await page.getByRole('link', { name: 'Containr, overview' }).focus();
    for (let presses = 0; presses < 30 && !(await isFocused()); presses += 1) await page.keyboard.press('Tab');
    expect(await isFocused()).to.equal(true);
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog', { name: 'Search or run' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Search or run' }).waitFor({ state: 'hidden' });
  });

  it('follow the theme, and are as high as what they show', async () => {
    const theme = () => section().locator('html').getAttribute('data-theme');
    const frame = page.locator('iframe[title="Coffee"]');
    const heights = async () => {
      const [outer, inner] = [await frame.boundingBox(), await section().locator('#app > *').boundingBox()];
      return [outer?.height ?? 0, inner?.height ?? 0] as const;
    };
    await page.emulateMedia({ colorScheme: 'dark' });
    await until('it is dark', async () => (await theme()) === 'dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await until('it is light', async () => (await theme()) === 'light');
    await until('it fits', async () => {
      const [outer, inner] = await heights();
      return inner > 40 && Math.abs(outer - inner) <= 1;
    });
  });

  it('are pages with an address that a reload keeps', async () => {
    await page.locator('.side').getByRole('link', { name: 'Coffee' }).click();
    await section().getByRole('heading', { level: 1, name: 'Coffee' }).waitFor();
    expect(await page.evaluate('window.sameDocument')).to.equal(true);
    // What this browser remembers of it is looked at before it is used.
    await page.evaluate(() => {
      const [build] = (localStorage.getItem('framed:coffee') ?? '').split('\n');
      localStorage.setItem('framed:coffee', `${build}\n{"type":"described","contributions":[{"outlet":"page"}]}`);
    });
    await page.reload();
    await section().getByRole('heading', { level: 1, name: 'Coffee' }).waitFor();
    await section().locator('li time').nth(1).waitFor();
    expect(await page.title()).to.equal('Coffee · Containr');
    await page.evaluate('window.sameDocument = true');
    await shoot('framed-page');
  });

  it('go when it is switched off, and come back when it is on again', async () => {
    await post('/plugins/coffee/disable');
    await page.getByText('This page belongs to a plugin that was switched off').waitFor();
    await until('no frame is left', async () => (await page.locator('iframe[title^="Coffee"]').count()) === 0);
    await post('/plugins/coffee/enable');
    await section().getByRole('heading', { level: 1, name: 'Coffee' }).waitFor();
    expect(await page.evaluate('window.sameDocument')).to.equal(true);
  });

  it('are part of the dashboard once somebody trusts it, and the same to see', async () => {
    await post('/plugins/coffee/trust', { trust: 'trusted' });
    await page.locator('main').getByRole('heading', { level: 1, name: 'Coffee' }).waitFor();
    await until('no frame is left', async () => (await page.locator('iframe[title^="Coffee"]').count()) === 0);
    await shoot('trusted-page');
    await page.goto('/');
    await page.getByRole('button', { name: 'Count a cup' }).click();
    await page.locator('.mc', { hasText: 'Coffee today' }).getByText('3cups').waitFor();
    await page.locator('main li time').nth(2).waitFor();
    await shoot('trusted-overview');
    await post('/plugins/coffee/trust', { trust: 'isolated' });
    await section().locator('li time').nth(2).waitFor();
  });

  describe('go where they may:', () => {
    const walk = () => page.frameLocator('main iframe[title="Walker: Walk"]');
    const where = async () => JSON.parse(await walk().locator('#where').innerText()) as unknown[];
    const path = () => page.evaluate(() => window.location.pathname + window.location.search);

    it('to pages of their own, with parameters, history and the title of the dashboard', async () => {
      await page.goto('/walker/1');
      await walk().getByRole('heading', { name: 'Step 1' }).waitFor();
      await walk().getByLabel('Kept').fill('yes');
      await walk().getByRole('link', { name: 'Onward' }).click();
      await walk().getByRole('heading', { name: 'Step 2' }).waitFor();
      expect(await where()).to.deep.equal(['/walker/2', '2', null, null, ['walker:read']]);
      expect(await path()).to.equal('/walker/2');
      expect(await page.title()).to.equal('Step 2 · Containr');
      await walk().getByRole('button', { name: 'By foot' }).click();
      await until('the address has it', async () => (await path()) === '/walker/2?by=foot');
      await until('the view knows', async () => (await where())[2] === 'foot');
      await page.goBack();
      await page.goBack();
      await walk().getByRole('heading', { name: 'Step 1' }).waitFor();
      // It is the same document all along.
      expect(await walk().getByLabel('Kept').inputValue()).to.equal('yes');
      const crumbs = page.getByRole('navigation', { name: 'Breadcrumb' });
      await crumbs.getByRole('link', { name: 'Walk' }).waitFor();
      expect(await crumbs.getByRole('link', { name: 'Out' }).count()).to.equal(0);
    });

    it('and nowhere else', async () => {
      await walk().getByRole('button', { name: 'Leave' }).click();
      await walk().getByRole('link', { name: 'Onward' }).click();
      await walk().getByRole('heading', { name: 'Step 2' }).waitFor();
      expect(await path()).to.equal('/walker/2');
    });

    it('and say so in the dashboard’s own words', async () => {
      await walk().getByRole('button', { name: 'Tell' }).click();
      const toast = page.locator('.toast', { hasText: 'Walked' });
      await toast.getByRole('button', { name: 'Go back' }).click();
      await walk().getByRole('heading', { name: 'Step 1' }).waitFor();
    });

    it('in places of any width, which is no phone for that', async () => {
      const narrow = page.frameLocator('.side iframe').locator('#narrow');
      expect((await narrow.boundingBox())?.height).to.equal(30);
      await page.setViewportSize({ width: 390, height: 844 });
      await until(
        'it is a phone',
        async () => ((await walk().locator('button').first().boundingBox())?.height ?? 0) >= 44,
      );
      await page.setViewportSize({ width: 1440, height: 900 });
    });
  });

  it('gave the browser nothing to complain about', () => {
    expect(dashboard.complaints).to.deep.equal([]);
  });
});

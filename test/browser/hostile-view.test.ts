import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readPlugin, until } from '@containr/testing';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { Dashboard } from './dashboard.ts';
import { packageFolder, writePlugin } from './framed-package.ts';
import { attempts, hostileModule, peerScript } from './hostile-view.ts';

const route = (path: string) =>
  `ctx.http.route({ method: 'GET', path: '${path}', public: true, summary: 'x', response: true, handler: async () => ({ text: 'mine' }) });`;

describe('a hostile view', function () {
  this.timeout(180_000);
  let dashboard: Dashboard;
  let page: Page;
  let packages: Awaited<ReturnType<typeof packageFolder>>;
  let reached: string[];
  let tried: Record<string, string>;
  const evil = createServer((request, response) => {
    reached.push(request.url ?? '');
    response.setHeader('access-control-allow-origin', '*').end('');
  });

  const peer = createSocket('udp4');

  before(async () => {
    reached = [];
    peer.on('message', () => reached.push('by UDP'));
    peer.bind(0, '127.0.0.1');
    await once(peer, 'listening');
    evil.listen(0, '127.0.0.1');
    await once(evil, 'listening');
    packages = await packageFolder();
    const setup = `
      ${route('/hostile')}
      ctx.http.raw({ methods: ['GET'], path: '/hostile/away', public: true, summary: 'x', accepts: [], maxBytes: 0,
        handler: async () => new Response(null, { status: 302, headers: { location: '/api/v1/users/me' } }) });`;
    const address = `http://127.0.0.1:${(evil.address() as AddressInfo).port}/`;
    const plugins = [
      await writePlugin(packages.folder, {
        name: 'hostile',
        setup,
        ui: hostileModule(address),
        files: { 'peer.js': peerScript(peer.address().port) },
      }),
      await writePlugin(packages.folder, {
        name: 'neighbour',
        setup: route('/neighbour'),
        ui: `import { h } from 'vue';
          export default { contributions: [{ outlet: 'dashboardSection', id: 'calm', permission: null, view: { render: () => h('p', 'All calm') } }] };`,
      }),
      await writePlugin(packages.folder, { name: 'mute', setup: '', ui: `throw new Error('No view today');` }),
      await writePlugin(packages.folder, {
        name: 'greedy',
        setup: '',
        ui: `export default { contributions: Array.from({ length: 61 }, (_, n) => ({ outlet: 'command', id: 'c' + n, label: 'Grab', run() {} })) };`,
      }),
      await writePlugin(packages.folder, { name: 'ticker', setup: '', ui: 'export default { contributions: [] };' }),
    ];
    const read = await Promise.all(plugins.map((directory) => readPlugin(directory, 'isolated')));
    dashboard = await Dashboard.start({ plugins: ['auth', 'projects', ...read] });
    ({ page } = await dashboard.tab());
    await dashboard.claim(page);
    await page.evaluate('window.sameDocument = true');
    await page.locator('.side').getByRole('link', { name: 'Overview', exact: true }).click();
    const done = page.frameLocator('iframe[title="Hostile"]').locator('#done');
    await until(
      'it tried all',
      async () => {
        // Something happens to a plugin that it must not hear of.
        for (const verb of ['disable', 'enable'])
          await dashboard.test.console(`/plugins/ticker/${verb}`, { method: 'POST' });
        return (await done.innerText()).startsWith('{');
      },
      60_000,
    );
    tried = JSON.parse(await done.innerText()) as Record<string, string>;
    // Last of all it leads itself elsewhere.
    await page.getByText('It left its page.').waitFor();
  });
  after(async () => {
    await dashboard?.stop();
    await packages?.remove();
    evil.close();
    peer.close();
  });

  it('reaches its own route, so what follows was really tried', () => {
    expect(tried).to.include({ own: 'mine' });
  });

  describe('is refused when it', () => {
    for (const name of Object.keys(attempts))
      it(name, () => {
        expect(tried[name]).to.equal('refused');
      });
  });

  it('sends nothing to another server, by whatever way', () => {
    expect(reached).to.deep.equal([]);
  });

  it('leaves the page, its title, the tabs and its neighbour as they were', async () => {
    expect(await page.evaluate('window.sameDocument')).to.equal(true);
    expect(new URL(page.url()).pathname).to.equal('/');
    expect(await page.title()).to.equal('Overview · Containr');
    expect(page.context().pages()).to.have.length(1);
    expect(await page.getByText('Forged').count()).to.equal(0);
    await page.frameLocator('iframe[title="Neighbour"]').getByText('All calm').waitFor();
    expect((await dashboard.test.console('/plugins/neighbour')).field('state')).to.equal('active');
  });

  it('takes no address of others, and leads nobody to one', async () => {
    await page.locator('.side').getByRole('link', { name: 'Hostile' }).waitFor();
    expect(await page.getByText('Taken over').count()).to.equal(0);
    expect(await page.getByRole('link', { name: 'Mend' }).getAttribute('href')).to.equal('/plugins/hostile');
    await page.locator('.side').getByRole('link', { name: 'Projects' }).click();
    await page.locator('main').getByRole('heading', { level: 1, name: 'Projects' }).waitFor();
    await page.locator('.side').getByRole('link', { name: 'Settings' }).click();
    await page.locator('main').getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    expect(await page.getByText('Taken over').count()).to.equal(0);
  });

  it('is never part of the dashboard’s own page, even when that asks for it', async () => {
    const list = await dashboard.test.console('/ui');
    const all = list.field('plugins') as { name: string; module: string }[];
    const module = all.find(({ name }) => name === 'hostile')?.module ?? '';
    const loaded = await page.evaluate(
      (address) => import(address).then(() => 'loaded').catch(() => 'refused'),
      module,
    );
    expect(loaded).to.equal('refused');
  });

  it('keeps nobody waiting when its module can’t be used, and the plugin’s page says why', async () => {
    await page.goto('/plugins/mute');
    const inspector = page.getByRole('complementary', { name: 'Plugin Mute' });
    await inspector.getByText('Its views are not shown').waitFor();
    await inspector.getByText('No view today').waitFor();
    await page.goto('/plugins/greedy');
    await page.getByText('It sent something that is no message of a view.').waitFor();
    await page.evaluate('window.sameDocument = true');
  });

  it('connects to no peer from a document that it wrote, at most it ends itself', async () => {
    const tab = await page.context().newPage();
    const session = await page.context().newCDPSession(tab);
    await tab.goto('/hostile/peer');
    // The driver takes a tab for broken when a process of one of its frames is; the tab itself says how it is.
    const words = async () => {
      const { result } = await session.send('Runtime.evaluate', {
        expression: 'document.querySelector("main").innerText',
      });
      return String(result.value);
    };
    await until('it tried, and was ended', async () => /Hostile broke/.test(await words()), 30_000);
    expect(reached).to.deep.equal([]);
    await tab.close();
  });

  describe('is taken away, with the reason, when it', () => {
    const reasons: Readonly<Record<string, RegExp>> = {
      flood: /It sent more messages than a view may/,
      garbage: /It sent something that is no message of a view/,
      unknown: /It sent something that is no message of a view/,
      huge: /It sent something that is no message of a view/,
      leave: /It left its page/,
      hang: /It did not answer for 8 s/,
    };
    for (const [how, reason] of Object.entries(reasons))
      it(`does this: ${how}`, async () => {
        await page.evaluate((path) => {
          window.history.pushState({}, '', path);
          window.dispatchEvent(new PopStateEvent('popstate', { state: {} }));
        }, `/hostile/${how}`);
        await page
          .locator('main')
          .getByText('Hostile broke. The rest of the page goes on.')
          .waitFor({ timeout: 40_000 });
        expect(await page.locator('main').innerText()).to.match(reason);
        expect(await page.locator('main iframe').count()).to.equal(0);
        await page.locator('.side').getByRole('link', { name: 'Projects' }).click();
        await page.locator('main').getByRole('heading', { level: 1, name: 'Projects' }).waitFor();
        expect(await page.evaluate('window.sameDocument')).to.equal(true);
      });

    it('and its neighbour goes on', async () => {
      await page.locator('.side').getByRole('link', { name: 'Overview', exact: true }).click();
      await page.frameLocator('iframe[title="Neighbour"]').getByText('All calm').waitFor();
    });
  });
});

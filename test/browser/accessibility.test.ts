import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { createClient } from '@containr/client';
import { until } from '@containr/testing';
import { Dashboard } from './dashboard.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious and critical findings of axe on what is open now, one line each. */
async function findings(page: Page): Promise<string[]> {
  // What was just opened begins to fade in at the next frame. Colours are measured when nothing fades any more; the ring of a
  // running state turns for ever.
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
  await until('nothing fades', () =>
    page.evaluate<boolean>(
      `document.getAnimations().every((one) => one.playState !== 'running' || one.effect.getTiming().iterations === Infinity)`,
    ),
  );
  await page.evaluate(axe);
  // A text, because the function runs in the page, where axe is.
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .flatMap((one) => one.nodes.map((node) => one.id + ': ' + node.html.slice(0, 160))))`);
}

describe('accessibility of the dashboard', function () {
  this.timeout(240_000);
  let dashboard: Dashboard;
  let paths: Record<string, string>;
  let state: string;

  before(async () => {
    dashboard = await Dashboard.start();
    const { page, context } = await dashboard.tab();
    await dashboard.claim(page);
    state = JSON.stringify(await context.storageState());
    const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    const client = createClient({
      origin: dashboard.test.origin,
      fetch: (input, init) =>
        fetch(input, {
          ...init,
          headers: {
            ...Object.fromEntries(new Headers(init?.headers)),
            cookie,
            origin: dashboard.test.origin,
            'sec-fetch-site': 'same-origin',
          },
        }),
    });
    const project = await client.request<{ id: string }>('POST', '/projects', { body: { name: 'Harbour' } });
    const environments = await client.request<{ items: { id: string }[] }>('GET', '/environments', {
      query: { project: project.id },
    });
    const service = await client.request<{ id: string }>('POST', '/services', {
      body: { environment: environments.items[0]?.id, name: 'web' },
    });
    await client.request('POST', '/variables', { body: { service: service.id, name: 'LOG_LEVEL', value: 'info' } });
    await client.request('POST', '/variables', {
      body: { service: service.id, name: 'API_KEY', value: 'x', kind: 'sealed' },
    });
    const variable = { service: service.id, name: 'STAGED', value: '${{web.API_KEY}}' };
    await client.request('POST', '/changes', {
      body: { environment: environments.items[0]?.id, changes: [{ variable }] },
    });
    // Nothing can run without an agent: a queued deployment with its page is what is needed here.
    await client
      .request('POST', '/deployments', { body: { service: service.id, source: { kind: 'image', message: 'Waits' } } })
      .catch(() => undefined);
    const deployments = await client.request<{ items: { id: string }[] }>('GET', '/deployments');
    paths = {
      overview: '/',
      projects: '/projects',
      project: `/projects/${project.id}`,
      service: `/services/${service.id}`,
      variables: `/services/${service.id}/variables`,
      'variables as text': `/services/${service.id}/variables?view=text`,
      'history of variables': `/services/${service.id}/variables?view=history`,
      'shared variables': `/shared-variables/${environments.items[0]?.id ?? ''}`,
      logs: `/services/${service.id}/logs`,
      network: `/services/${service.id}/network`,
      runs: `/services/${service.id}/runs`,
      'service settings': `/services/${service.id}/settings`,
      'service deployments': `/services/${service.id}/deployments`,
      deployments: '/deployments',
      ...(deployments.items[0] ? { deployment: `/deployments/${deployments.items[0].id}` } : {}),
      nodes: '/nodes',
      plugins: '/plugins',
      'one plugin': '/plugins/deployments',
      audit: '/audit',
      settings: '/settings',
      account: '/settings/account',
      'no such page': '/nowhere',
    };
    await context.close();
  });
  after(async () => {
    await dashboard?.stop();
  });

  const looks = [
    { name: 'light', options: { colorScheme: 'light' } },
    { name: 'dark', options: { colorScheme: 'dark' } },
    { name: 'phone', options: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } },
  ] as const;
  for (const look of looks) {
    it(`finds nothing serious on any page, ${look.name}`, async () => {
      const { page, context } = await dashboard.tab({ ...look.options, storageState: JSON.parse(state) });
      const found: string[] = [];
      for (const [name, path] of Object.entries(paths)) {
        await page.goto(path);
        await page.locator('h1').first().waitFor();
        await page.locator('[role=status] .skel').first().waitFor({ state: 'detached' });
        found.push(...(await findings(page)).map((line) => `${name}: ${line}`));
        if (await page.evaluate('document.documentElement.scrollWidth > window.innerWidth'))
          found.push(`${name}: the page scrolls sideways`);
        const headings = await page.locator('h1').count();
        if (headings !== 1) found.push(`${name}: ${headings} h1`);
      }
      await context.close();
      expect(found).to.deep.equal([]);
    });
  }

  it('finds nothing serious in dialogs, the palette and the sign-in page', async () => {
    const { page, context } = await dashboard.tab({ storageState: JSON.parse(state) });
    await page.goto('/projects');
    await page.getByRole('button', { name: 'Make project' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await findings(page)).to.deep.equal([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    expect(await findings(page)).to.deep.equal([]);
    await context.close();
    const { page: stranger } = await dashboard.tab();
    await stranger.goto('/');
    await stranger.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await findings(stranger)).to.deep.equal([]);
  });

  it('is walked by keyboard: skip link, dialog that keeps and returns focus, palette', async () => {
    const { page, context } = await dashboard.tab({ storageState: JSON.parse(state) });
    await page.goto('/projects');
    const opener = page.getByRole('button', { name: 'Make project' });
    await opener.focus();
    await page.keyboard.press('Enter');
    const name = page.getByRole('dialog').getByLabel('Name');
    await name.waitFor();
    await until('the dialog has the focus', () =>
      page.evaluate<boolean>(`Boolean(document.activeElement && document.activeElement.closest('[role=dialog]'))`),
    );
    for (let step = 0; step < 8; step += 1) {
      await page.keyboard.press('Tab');
      expect(
        await page.evaluate(
          `Boolean(document.activeElement.closest('[role=dialog]') || document.activeElement.hasAttribute('aria-hidden'))`,
        ),
        `step ${step}`,
      ).to.equal(true);
    }
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await opener.evaluate((element) => element === element.ownerDocument.activeElement)).to.equal(true);

    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('plug');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Plugins' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Plugins' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.outerHTML')).to.include('Skip to content');
    await context.close();
  });
});

import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { PluginPackage } from '@containr/kernel';
import { Setup } from '@containr/plugin-auth/contract';
import type { TestPlatform } from '@containr/testing';
import { startTestPlatform } from '@containr/testing';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

const shellDirectory = fileURLToPath(new URL('../../ui/shell/dist', import.meta.url));
const roadPlugins = ['auth', 'projects', 'logs', 'ingress', 'nixpacks', 'process', 'deployments', 'runs', 'git'];

/** Who owns the install in browser tests. */
export const owner = {
  name: 'Ada Example',
  email: 'ada@example.org',
  password: 'correct horse battery',
  organisation: 'Example',
};

/** A real platform with its dashboard, and a browser before it. */
export class Dashboard {
  readonly test: TestPlatform;
  readonly browser: Browser;
  /** What pages complained about: console errors, broken scripts, refusals by the content policy. */
  readonly complaints: string[] = [];

  private constructor(test: TestPlatform, browser: Browser) {
    this.test = test;
    this.browser = browser;
  }

  /** Starts everything; `agent: false` where nothing is deployed. */
  static async start(
    options: {
      agent?: boolean;
      settings?: Record<string, Record<string, unknown>>;
      plugins?: readonly (string | PluginPackage)[];
    } = {},
  ): Promise<Dashboard> {
    const test = await startTestPlatform({
      plugins: options.plugins ?? roadPlugins,
      agent: options.agent ?? false,
      shellDirectory,
      settings: { ingress: { port: await freePort() }, ...options.settings },
    });
    const browser = await launchBrowser();
    return new Dashboard(test, browser);
  }

  /** A tab of a new browser profile. */
  async tab(options: Parameters<Browser['newContext']>[0] = {}): Promise<{ context: BrowserContext; page: Page }> {
    const context = await this.browser.newContext({
      baseURL: this.test.origin,
      viewport: { width: 1440, height: 900 },
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on('console', (message) => {
      // A refused request is told by the page itself; the browser's own line about it says nothing new.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        this.complaints.push(`${page.url()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.complaints.push(`${page.url()}: ${error.message}`));
    return { context, page };
  }

  /** The one-time set-up link; `null` when it was used. */
  async setUpLink(): Promise<string | null> {
    const { url } = await this.test.platform.services.get(Setup).link({}, { principal: this.test.platform.console });
    return url;
  }

  /** Claims the install through the set-up page. */
  async claim(page: Page): Promise<void> {
    await claimBy(await this.setUpLink(), page);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.test.stop();
  }
}

/** Starts the browser, with nothing of its own that asks the network. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CONTAINR_CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Claims an install through the set-up page. */
export async function claimBy(link: string | null, page: Page): Promise<void> {
  await page.goto(link ?? '/');
  await page.getByLabel('Your name').fill(owner.name);
  await page.getByLabel('E-mail').fill(owner.email);
  await page.getByLabel('Password').fill(owner.password);
  await page.getByLabel('Organisation').fill(owner.organisation);
  await page.getByRole('button', { name: 'Claim and continue' }).click();
  await page.getByRole('heading', { level: 1, name: 'Projects' }).waitFor();
}

/** A port that nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('No port was given')),
      );
    });
  });
}

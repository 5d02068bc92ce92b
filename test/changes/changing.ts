import { expect } from 'chai';
import type { DeploymentDocument } from '@containr/plugin-deployments/contract';
import type { ServiceDocument } from '@containr/plugin-projects/contract';
import { Setup } from '@containr/plugin-auth/contract';
import { discover } from '@containr/kernel';
import { ApiError } from '@containr/client';
import type { TestPlatform } from '@containr/testing';
import { startTestPlatform } from '@containr/testing';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../plugins/ingress/test/acme-server.ts';
import { certificateOf } from '../../plugins/ingress/test/certificate.ts';
import { archive } from '../browser/archive.ts';
import { Owner } from '../road/api.ts';
import { until } from '../road/until.ts';
import { stopIngress } from '../../plugins/haproxy/test/stop-ingress.ts';
import type { Driver } from '../../plugins/ingress/src/drivers.ts';
import { changingApp } from './changing-app.ts';
import type { Address } from './visitors.ts';

const host = 'app.example.org';
const plugins = fileURLToPath(new URL('../../plugins/', import.meta.url));
/** Plugins that the app does not need while it runs. */
const comeAndGo = ['logs', 'git', 'dockerfile', 'nixpacks'];

/** What can be changed under its visitors. */
export const changes = [
  'deploy',
  'rollback',
  'scale',
  'variable',
  'certificate',
  'domain',
  'plugin',
  'agent',
  'drain',
] as const;
export type Change = (typeof changes)[number];

/** How far the emptying of a node is. */
interface Drain {
  readonly node: string;
  readonly state: string;
  readonly left: number;
}

/** A deployment, and what its app says. */
interface Made {
  readonly id: string;
  readonly version: number;
  readonly greeting: string;
}

/** An app on a real platform, with an address by HTTP and one by HTTPS, and everything that can be changed about it. */
export class ChangingApp {
  readonly test: TestPlatform;
  readonly addresses: readonly Address[];
  readonly #owner: Owner;
  readonly #service: ServiceDocument;
  readonly #domain: string;
  readonly #made: Made[] = [];
  #newest = 0;
  #variableId: string | null = null;
  #greeting = 'none';
  #turn = 0;

  private constructor(
    test: TestPlatform,
    owner: Owner,
    service: ServiceDocument,
    domain: string,
    addresses: readonly Address[],
  ) {
    this.test = test;
    this.addresses = addresses;
    this.#owner = owner;
    this.#service = service;
    this.#domain = domain;
  }

  /** Starts one that is live, behind an ingress of this kind. */
  static async start(driver: Driver): Promise<ChangingApp> {
    const [port, tlsPort] = [await freePort(), await freePort()];
    const test = await startTestPlatform({
      plugins: await discover(plugins),
      agent: true,
      settings: {
        ingress: { driver, port, tlsPort, host: '127.0.0.1', ownership: 'trusted' },
        // Longer than any visitor stays: a drain waits for the last of them, or this long.
        deployments: { runtime: 'process', drainMs: 10_000 },
      },
    });
    try {
      const { url } = await test.platform.services.get(Setup).link({}, { principal: test.platform.console });
      const owner = await Owner.claim(test.platform.origin, url);
      const service = await owner.makeService('changing', 'app', { watchMs: 300 });
      const domain = await owner.post<{ id: string }>('/domains', { service: service.id, host, https: 'both' });
      const addresses = [
        { host: 'app-changing.localhost', port, isSecure: false },
        { host, port, isSecure: false },
        { host, port: tlsPort, isSecure: true },
      ];
      const app = new ChangingApp(test, owner, service, domain.id, addresses);
      await app.#certificate();
      await app.#deploy();
      expect(await app.#carrier(), 'what carries the requests').to.equal(driver);
      await test.join('second');
      return app;
    } catch (error) {
      await stopIngress(test.data, () => test.stop());
      throw error;
    }
  }

  /** Makes one change and waits until the platform says that it is done; then every address says what it should. */
  async make(change: Change, saying: () => Promise<readonly string[]>): Promise<void> {
    this.#turn += 1;
    switch (change) {
      case 'deploy':
        await this.#deploy();
        break;
      case 'rollback':
        await this.#rollback();
        break;
      case 'scale':
        await this.#owner.patch(`/services/${this.#service.id}`, { spec: { replicas: 1 + (this.#turn % 3) } });
        await this.#release(this.#live.version);
        break;
      case 'variable':
        await this.#variable();
        break;
      case 'certificate':
        await this.#certificate();
        break;
      case 'domain':
        await this.#owner.patch(`/domains/${this.#domain}`, {
          headers: [{ name: 'x-turn', value: String(this.#turn) }],
        });
        break;
      case 'plugin': {
        const plugin = comeAndGo[this.#turn % comeAndGo.length] ?? 'logs';
        await this.test.platform.lifecycle.disable(plugin);
        await this.test.platform.lifecycle.enable(plugin);
        break;
      }
      case 'drain':
        await this.#drain();
        break;
      case 'agent':
        await this.test.agent?.kill();
        await this.test.agent?.restart();
        await until('the node is reachable again', async () => {
          const { items } = await this.#owner.get<{ items: { state: string }[] }>('/nodes');
          return items.every(({ state }) => state === 'reachable');
        });
    }
    // At once: what the platform calls done must be so for the next visitor.
    expect(new Set(await saying()), change).to.deep.equal(new Set([`v${this.#live.version} ${this.#live.greeting}`]));
  }

  /** Ends everything, and leaves nothing. */
  async stop(): Promise<void> {
    await stopIngress(this.test.data, () => this.test.stop());
  }

  /** The ingress that its agent keeps running. */
  async #carrier(): Promise<string> {
    const found: string[] = [];
    for await (const path of glob(join(this.test.data, '**/router.json')))
      found.push(path.includes('haproxy') ? 'haproxy' : 'builtin');
    return found.join();
  }

  get #live(): Made {
    return this.#made.at(-1) ?? { id: '', version: 0, greeting: '' };
  }

  async #deploy(): Promise<void> {
    this.#newest += 1;
    const files = await archive(changingApp(this.#newest));
    const upload = await this.#owner.client.upload<{ id: string }>('/uploads', files, 'application/gzip');
    await this.#release(this.#newest, { source: { kind: 'upload', upload: upload.id } });
  }

  async #release(version: number, more: object = {}): Promise<void> {
    const { id } = await this.#owner.post<DeploymentDocument>('/deployments', { service: this.#service.id, ...more });
    await this.#owner.settled(id, ['watching', 'live']);
    this.#made.push({ id, version, greeting: this.#greeting });
  }

  /** To the deployment before this one, with the variables that it had. */
  async #rollback(): Promise<void> {
    const target = this.#made.at(-2) ?? this.#live;
    const { id } = await this.#owner.post<DeploymentDocument>(`/deployments/${target.id}/rollback`);
    await this.#owner.settled(id, ['watching', 'live']);
    this.#made.push({ ...target, id });
  }

  async #variable(): Promise<void> {
    this.#greeting = `g${this.#turn}`;
    if (this.#variableId === null) {
      const body = { service: this.#service.id, name: 'GREETING', value: this.#greeting, available: 'run' };
      this.#variableId = (await this.#owner.post<{ id: string }>('/variables', body)).id;
    } else await this.#owner.patch(`/variables/${this.#variableId}`, { value: this.#greeting });
    await this.#release(this.#live.version);
  }

  /** Empties the node that has most of it, and puts it back into use. */
  async #drain(): Promise<void> {
    const { items: nodes } = await this.#owner.get<{ items: { id: string }[] }>('/nodes');
    const drains = await Promise.all(nodes.map(({ id }) => this.#drainOf(id)));
    const [fullest] = drains.sort((a, b) => b.left - a.left);
    const node = fullest?.node ?? '';
    // It is refused while an agent that was killed in the change before is not back: nobody knows then what its node has.
    await until(
      'the node may be emptied',
      async () => {
        try {
          await this.#owner.post(`/nodes/${node}/drain`, { draining: true });
          return true;
        } catch (error) {
          if (error instanceof ApiError && error.code === 'CONFLICT_NOTHING_FITS') return undefined;
          throw error;
        }
      },
      60_000,
    );
    await until('the node is empty', async () => (await this.#drainOf(node)).state === 'drained' || undefined, 180_000);
    await this.#owner.post(`/nodes/${node}/drain`, { draining: false });
  }

  async #drainOf(node: string): Promise<Drain> {
    const { items } = await this.#owner.get<{ items: Drain[] }>('/drains', { node });
    return items[0] ?? { node, state: 'ended', left: 0 };
  }

  async #certificate(): Promise<void> {
    const { chain, key } = await certificateOf(host);
    await this.#owner.client.request('PUT', `/domains/${this.#domain}/certificate`, { body: { chain, key } });
  }
}

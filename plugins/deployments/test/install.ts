import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { validate } from '@containr/sdk/host';
import type { Ask, TestPlatform, TestPlatformOptions } from '@containr/testing';
import { startTestPlatform, until } from '@containr/testing';
import { DeploymentDocument } from '../src/contract.ts';
import { endProcessesOf } from './leftovers.ts';
import type { OpenLoop } from './open-loop.ts';
import { openLoop } from './open-loop.ts';
import { planFileBuilder } from './plan-file-builder.ts';

type Row = Readonly<Record<string, unknown>>;

/** A folder of files as a tar.gz. */
export async function archiveOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, text] of Object.entries(files)) tar.entry({ name }, text);
  tar.finalize();
  return gzipSync(await buffer(tar));
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A whole install for a test of the road: process runtime, built-in ingress, and plans from files. */
export class Install {
  test: TestPlatform;
  readonly ingressPort: number;
  readonly #options: TestPlatformOptions;
  readonly #earlier: TestPlatform[] = [];

  private constructor(test: TestPlatform, ingressPort: number, options: TestPlatformOptions) {
    this.test = test;
    this.ingressPort = ingressPort;
    this.#options = options;
  }

  static async start(settings: Readonly<Record<string, unknown>> = {}, more: readonly string[] = []): Promise<Install> {
    const ingressPort = await freePort();
    const options: TestPlatformOptions = {
      plugins: ['auth', 'deployments', 'process', planFileBuilder, ...more],
      settings: {
        ingress: { port: ingressPort },
        deployments: { runtime: 'process', drainMs: 2000, nodeWaitMs: 10_000, ...settings },
      },
      agent: true,
      port: await freePort(),
    };
    return new Install(await startTestPlatform(options), ingressPort, options);
  }

  /** Stops the control plane alone and starts it again on the same data. */
  async restartControlPlane(): Promise<void> {
    const { platform, data, database } = this.test;
    await platform.stop();
    this.#earlier.push(this.test);
    this.test = await startTestPlatform({ ...this.#options, agent: false, data, database });
  }

  async ask(path: string, options: Ask = {}, status = 200): Promise<unknown> {
    const answer = await this.test.console(path, { organisation: 'default', ...options });
    if (answer.status !== status)
      throw new Error(`${options.method ?? 'GET'} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  /** A new project with one service; returns the service's id. */
  async service(spec: Readonly<Record<string, unknown>> = {}, kind = 'web'): Promise<string> {
    const slug = `p${Math.random().toString(36).slice(2, 8)}`;
    const project = idOf(await this.ask('/projects', { method: 'POST', body: { name: slug, slug } }, 201));
    const environments = await this.ask(`/environments?project=${project}`);
    const body = {
      environment: idOf(field(environments, 'items', 0)),
      name: 'app',
      slug: 'app',
      kind,
      spec: { source: { kind: 'upload' }, watchMs: 500, ...spec },
    };
    return idOf(await this.ask('/services', { method: 'POST', body }, 201));
  }

  async upload(files: Readonly<Record<string, string>>): Promise<string> {
    return idOf(
      await this.ask(
        '/uploads',
        { method: 'POST', body: await archiveOf(files), headers: { 'content-type': 'application/gzip' } },
        201,
      ),
    );
  }

  /** Uploads and deploys; returns the deployment's id. */
  async deploy(service: string, files: Readonly<Record<string, string>>): Promise<string> {
    const upload = await this.upload(files);
    return idOf(
      await this.ask('/deployments', { method: 'POST', body: { service, source: { kind: 'upload', upload } } }, 201),
    );
  }

  async deployment(id: string): Promise<DeploymentDocument> {
    return validate<DeploymentDocument>(DeploymentDocument, await this.ask(`/deployments/${id}`), 'A deployment');
  }

  /** Waits until the deployment has one of these statuses. Rejects when it ended otherwise. */
  async reaches(id: string, ...statuses: DeploymentDocument['status'][]): Promise<DeploymentDocument> {
    let last = '';
    const found = await until(
      `deployment ${id} is ${statuses.join(' or ')}`,
      async () => {
        const now = await this.deployment(id);
        last = `${now.status} ${now.phase ?? ''} ${JSON.stringify(now.cause)}`;
        if (statuses.includes(now.status)) return now;
        if (['failed', 'cancelled', 'superseded', 'retired'].includes(now.status)) return { ended: last };
        return null;
      },
      40_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; it is ${last}`);
    });
    if ('ended' in found) throw new Error(`Deployment ${id} is ${found.ended}, not ${statuses.join(' or ')}.`);
    return found;
  }

  /** What the service answers through the ingress. */
  async get(service: string, path = '/'): Promise<{ status: number; text: string }> {
    const [url] = texts(field(await this.ask(`/services/${service}`), 'urls'));
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port: this.ingressPort, path, headers: { host: new URL(url ?? '').host }, agent: false },
        (incoming) => {
          buffer(incoming).then((body) => resolve({ status: incoming.statusCode ?? 0, text: body.toString() }), reject);
        },
      );
      outgoing.on('error', reject).end();
    });
  }

  /** Begins to ask the service at a steady rate. */
  async load(service: string, rate: { perSecond: number; slowEvery: number }): Promise<OpenLoop> {
    const [url] = texts(field(await this.ask(`/services/${service}`), 'urls'));
    return openLoop({ port: this.ingressPort, host: new URL(url ?? '').host, ...rate });
  }

  /** All lines of a deployment. */
  async lines(id: string): Promise<string[]> {
    const items = field(await this.ask(`/logs?deployment=${id}&limit=1000`), 'items');
    return Array.isArray(items) ? items.map((item: unknown) => String(field(item, 'text'))) : [];
  }

  /** Rows of a deployment's replicas. */
  replicasOf(id: string): Promise<readonly Row[]> {
    return this.#rows('select * from plugin_deployments.replicas where deployment = $1', id);
  }

  /** Rows of a deployment's tasks. */
  tasksOf(id: string): Promise<readonly Row[]> {
    return this.#rows('select * from plugin_deployments.tasks where deployment = $1', id);
  }

  /** Damages every sealed value that the newest revision of a service keeps, as a lost key would. */
  async damageSecrets(service: string): Promise<void> {
    await this.#rows(
      `update plugin_projects.revisions set variables = replace(variables::text, 'v2.', 'v2.0')::jsonb where service = $1`,
      service,
    );
  }

  /** Takes fields out of the stored specs of a service, as an earlier version would have written them. */
  async withoutInSpec(service: string, ...fields: readonly string[]): Promise<void> {
    for (const name of fields) {
      await this.#rows(`update plugin_projects.services set spec = spec - '${name}' where id = $1`, service);
      await this.#rows(`update plugin_projects.revisions set spec = spec - '${name}' where service = $1`, service);
    }
  }

  async #rows(statement: string, id: string): Promise<readonly Row[]> {
    const client = await this.test.database.pool.connect();
    try {
      await client.query('begin');
      await client.query(`select set_config('containr.organisation', '*', true)`);
      const { rows } = await client.query<Row>(statement, [id]);
      await client.query('commit');
      return rows;
    } finally {
      client.release();
    }
  }

  /** Stops everything, also what outlives an install: replicas and the router. */
  async stop(): Promise<void> {
    const { data } = this.test;
    for (const test of [this.test, ...this.#earlier.reverse()]) await test.stop();
    await endProcessesOf(data);
  }
}

/** A member of a JSON document by its path. */
export function field(document: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    document,
  );
}

function idOf(document: unknown): string {
  const id = field(document, 'id');
  if (typeof id !== 'string') throw new Error(`No id in ${JSON.stringify(document)}`);
  return id;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

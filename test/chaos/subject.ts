import { randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { findHome } from '@containr/postgres';
import type { ServiceDocument } from '@containr/plugin-projects/contract';
import { archive } from '../browser/archive.ts';
import { Owner } from '../road/api.ts';
import { get } from '../road/http.ts';
import { Install } from '../road/install.ts';
import { until } from '../road/until.ts';
import { Boundaries } from './boundaries.ts';
import { crashApp } from './app.ts';
import { insist } from './insist.ts';
import type { PrivateEngine } from './private-engine.ts';
import { RunCounter } from './run-counter.ts';

/** Who can be killed. */
export type Victim = 'control plane' | 'agent' | 'postgres' | 'ingress' | 'engine';

/** A supervisor gives up at the fifth crash in a row, so it is started anew before that. */
const mostCrashes = 4;
const probe = new URL('./probe/main.ts', import.meta.url).href;

/** A whole install whose processes carry the probe, with services to work on. */
export class Subject {
  readonly install: Install;
  readonly owner: Owner;
  readonly boundaries: Boundaries;
  readonly counter: RunCounter;
  readonly web: ServiceDocument;
  readonly copy: ServiceDocument;
  readonly cron: ServiceDocument;
  readonly url: string;
  readonly database: pg.Pool;
  /** The engine that it runs on, of its own; `null` where replicas are processes. */
  readonly engine: PrivateEngine | null;
  /** What its newest settings have it say after its version. */
  greeting = 'none';
  #crashes = 0;
  #versions = 0;

  private constructor(
    parts: Pick<
      Subject,
      'install' | 'owner' | 'boundaries' | 'counter' | 'web' | 'copy' | 'cron' | 'url' | 'database' | 'engine'
    >,
  ) {
    this.install = parts.install;
    this.owner = parts.owner;
    this.boundaries = parts.boundaries;
    this.counter = parts.counter;
    this.web = parts.web;
    this.copy = parts.copy;
    this.cron = parts.cron;
    this.url = parts.url;
    this.database = parts.database;
    this.engine = parts.engine;
  }

  /** Starts an install on a runtime, with a web service that serves, its copy in a second environment, and a cron service. */
  static async start(env: Readonly<Record<string, string>>, engine: PrivateEngine | null = null): Promise<Subject> {
    const counter = await RunCounter.start();
    const install = await Install.prepare({ ...env, NODE_OPTIONS: `--import=${probe}` }, ['--no-sample']);
    try {
      const folder = join(install.data, 'chaos');
      await mkdir(folder);
      const boundaries = new Boundaries(folder);
      const ready = await install.start({ CONTAINR_CHAOS: folder });
      const owner = await Owner.claim(ready.dashboard, ready.setup);
      const home = await findHome(install.data);
      const database = new pg.Pool({ host: home.socket, user: 'postgres', database: 'containr', max: 1 });
      database.on('error', () => undefined);
      const counts = addressOf(counter, engine);
      const spec = { watchMs: 300, preDeploy: ['node', 'once.js'] };
      const web = await owner.makeService('crash', 'web', spec);
      const cron = await owner.makeService(
        'crash',
        'cron',
        { start: { command: 'node once.js' }, cron: { schedule: '0 0 1 1 *', timeZone: 'UTC', overlap: 'skip' } },
        'cron',
      );
      const first = new Subject({
        install,
        owner,
        boundaries,
        counter,
        web,
        copy: web,
        cron,
        url: '',
        database,
        engine,
      });
      for (const service of [web, cron]) await first.settled(await first.upload(service, crashApp('v0', counts)));
      const copied = await owner.post<{ id: string }>(`/environments/${web.environment}/duplicate`, {
        name: 'Next',
        slug: 'next',
      });
      const { items } = await owner.get<{ items: ServiceDocument[] }>('/services', { environment: copied.id });
      const copy = items.find((one) => one.slug === 'web') ?? web;
      const url = (await owner.service(web.id)).urls[0] ?? '';
      return new Subject({ ...first, copy, url });
    } catch (error) {
      const log = await install.log();
      await install.destroy();
      await counter.stop();
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${log}`, { cause: error });
    }
  }

  get counts(): string {
    return addressOf(this.counter, this.engine);
  }

  /** A version that nothing had before. */
  nextVersion(): string {
    this.#versions += 1;
    return `v${this.#versions}`;
  }

  /** Uploads files and asks for their deployment, as often as it takes; gives its id. */
  async upload(service: ServiceDocument, files: Record<string, string>): Promise<string> {
    const packed = await archive(files);
    const { id } = await insist('an upload', () =>
      this.owner.client.upload<{ id: string }>('/uploads', packed, 'application/gzip'),
    );
    return this.ask('/deployments', { service: service.id, source: { kind: 'upload', upload: id } });
  }

  /** Asks for something that is made once, however often it has to be asked for; gives its id. */
  async ask(path: string, body: unknown = {}): Promise<string> {
    const headers = { 'idempotency-key': randomUUID() };
    const { id } = await insist(path, () =>
      this.owner.client.request<{ id: string }>('POST', path, { body, headers, timeoutMs: 10_000 }),
    );
    return id;
  }

  /** Gives the variable that its answers tell another value. */
  async setGreeting(service: ServiceDocument, value: string): Promise<void> {
    this.greeting = value;
    const known = await insist('the variables', () =>
      this.owner.get<{ items: { id: string; name: string }[] }>('/variables', { service: service.id }),
    );
    const found = known.items.find((one) => one.name === 'GREETING');
    if (found) await insist('a variable', () => this.owner.patch(`/variables/${found.id}`, { value }));
    else await this.ask('/variables', { service: service.id, name: 'GREETING', value, available: 'run' });
  }

  /** The present by the clock of the database. */
  async now(): Promise<Date> {
    const { rows } = await this.database.query<{ now: Date }>('select now()');
    return rows[0]?.now ?? new Date();
  }

  /**
   * How many deployments and runs were asked for since then. A request whose answer was lost with its process is carried out again, so
   * there may be two; each of them runs its command once.
   */
  async askedSince(time: Date): Promise<number> {
    const { rows } = await this.database.query<{ count: number }>(
      `select ((select count(*) from plugin_deployments.deployments where created_at >= $1)
             + (select count(*) from plugin_runs.runs where created_at >= $1))::int as count`,
      [time],
    );
    return rows[0]?.count ?? 0;
  }

  /** Waits until a deployment is live, before anything is killed. */
  async settled(id: string): Promise<void> {
    await this.owner.settled(id, ['live']);
  }

  async says(url = this.url): Promise<string> {
    return (await get(url)).text;
  }

  /** Who is to be killed, as processes. */
  async pidsOf(victim: Victim): Promise<number[]> {
    switch (victim) {
      case 'control plane':
        return [await this.install.controlPlanePid()];
      case 'agent':
        return [await this.install.agentPid()];
      case 'postgres': {
        const { data } = await findHome(this.install.data);
        return [Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0])];
      }
      case 'engine':
        return this.engine ? [this.engine.pid] : [];
      case 'ingress': {
        const record: unknown = JSON.parse(
          await readFile(join(this.install.data, 'agent/plugins/ingress/router.json'), 'utf8'),
        );
        return typeof record === 'object' && record !== null && 'pid' in record ? [Number(record.pid)] : [];
      }
    }
  }

  /** Waits until everything answers again: the control plane, its database, and the agent that it reaches; `killed` are gone. */
  async recovered(killed: readonly number[] = []): Promise<void> {
    await until(
      'the install is up again',
      async () => {
        const there = await Promise.all(
          (['control plane', 'agent', 'postgres', 'ingress', 'engine'] as const).map((one) => this.pidsOf(one)),
        );
        if (there.flat().some((pid) => killed.includes(pid))) return false;
        if (this.engine && !(await this.engine.answers())) return false;
        if ((await get(`http://127.0.0.1:${this.install.port}/readyz`)).status !== 200) return false;
        const { items } = await this.owner.get<{ items: { state: string }[] }>('/nodes');
        return items.length > 0 && items.every((node) => node.state === 'reachable');
      },
      60_000,
    );
  }

  /** Told of each kill of a control plane; the next one may need a supervisor that counts anew. */
  async makeRoomForCrash(): Promise<void> {
    this.#crashes += 1;
    if (this.#crashes < mostCrashes) return;
    this.#crashes = 1;
    await this.install.interrupt();
    await this.install.start({ CONTAINR_CHAOS: this.boundaries.folder });
    await this.recovered();
  }

  async stop(): Promise<void> {
    await this.database.end();
    await this.install.destroy();
    await this.counter.stop();
  }
}

/** Where commands of replicas reach the counter: containers have a network of their own. */
function addressOf(counter: RunCounter, engine: PrivateEngine | null): string {
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal);
  return `http://${engine ? (outside?.address ?? '127.0.0.1') : '127.0.0.1'}:${counter.port}`;
}

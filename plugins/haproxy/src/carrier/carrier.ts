import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CertificateSet, RequestCounts } from '@containr/sdk/contracts';
import { isContainrError } from '@containr/sdk';
import { emptyTable, isFree, noCertificates, portInUse } from '@containr/sdk/ingress';
import { Certificates } from './certificates.ts';
import { write } from './configuration.ts';
import { readCounts } from './counts.ts';
import type { Engine } from './engine.ts';
import { connectionsWithin } from './engine.ts';
import { writeFixedFiles } from './fixed-files.ts';
import { HaproxyProcess } from './haproxy-process.ts';
import type { Layout, Lines } from './layout.ts';
import { certified, layOut } from './layout.ts';
import { Maps, textOf } from './maps.ts';
import type { MapName, Paths } from './paths.ts';
import { socketIn } from './paths.ts';
import { linesOf, serversOf } from './placed.ts';
import { firstSizes, Pool, replicaOf } from './pool.ts';
import type { ProcessRecord } from './process-record.ts';
import { readProcess } from './process-record.ts';
import type { RuntimeApi } from './runtime-api.ts';
import type { Wanted } from './servers.ts';
import { SavedFiles } from './saved-files.ts';
import { Servers } from './servers.ts';

const mostConnections = 20_000;
const mostPasses = 1000;
/** Headers of routes that are not there any more, which are kept. */
const mostStale = 2000;
const endLookMs = 50;
const shortestSweepMs = 200;
const longestSweepMs = 3000;

/** Maps that a route's line refers to by an id of its content: they are added to before it, and taken from after it. */
const beside = ['redirects', 'headers', 'doors', 'holds', 'challenges'] as const;

/** The processes of HAProxy: the one that serves, and older ones that finish what they have. */
export class Carrier {
  readonly paths: Paths;
  readonly #engine: Engine;
  readonly #place: { readonly host: string; readonly port: number };
  readonly #maps: Maps;
  readonly #servers = new Servers();
  readonly #certificates: Certificates;
  readonly #older = new Set<HaproxyProcess>();
  #pool = new Pool(firstSizes);
  #process: HaproxyProcess | null = null;
  #generation = 0;
  #layout: Layout = layOut(emptyTable);
  #set = noCertificates;
  #tlsPort: number | null = null;
  #user: { readonly name: string } | null = null;
  #passes = 0;
  #connections = mostConnections;
  /** What runs listens at another place than it should. */
  #isElsewhere = false;
  #isShared: boolean;
  #sweepAt = 0;
  #sweepMs = shortestSweepMs;
  readonly #files = new SavedFiles();
  /** Requests that no replica answered, by place. */
  readonly #failed = new Map<string, number>();

  constructor(paths: Paths, engine: Engine, place: { host: string; port: number; isShared: boolean }) {
    this.paths = paths;
    this.#engine = engine;
    this.#place = { host: place.host, port: place.port };
    this.#isShared = place.isShared;
    this.#maps = new Maps(paths);
    this.#certificates = new Certificates(paths);
  }

  /** Port of HTTPS that is served now. */
  get tlsPort(): number | null {
    return this.#tlsPort;
  }

  /** Writes what never changes, and looks for a process that an earlier life left. */
  async begin(set: CertificateSet, user: { readonly name: string } | null): Promise<void> {
    this.#user = user;
    this.#set = set;
    this.#connections = await connectionsWithin(mostConnections);
    await writeFixedFiles(this.paths);
    const record = await readProcess(this.paths.record);
    this.#generation = record?.generation ?? 0;
    const found = record && (await HaproxyProcess.adopt(record));
    if (!record || !found) return;
    this.#process = found;
    this.#pool = new Pool(record.sizes);
    this.#pool.restore(record.held);
    this.#tlsPort = record.tlsPort;
    await this.#servers.learn(found.api);
    this.#isElsewhere = record.host !== this.#place.host || record.port !== this.#place.port;
    this.#certificates.startedFrom(set);
  }

  /** Follows a table: new requests are carried by it when this resolves. A new process is needed only for another port, or more backends. */
  async follow(layout: Layout, tlsPort: number | null): Promise<void> {
    this.#layout = layout;
    const fits = this.#pool.assign(layout.groups, this.#servers.busy);
    if (!fits) {
      this.#pool.grow(layout.groups, this.#servers.busy);
      this.#pool.assign(layout.groups, this.#servers.busy);
    }
    const { api } = this.#process ?? {};
    if (!api?.isOpen || !fits || tlsPort !== this.#tlsPort || this.#isElsewhere) return this.#renew(tlsPort);
    try {
      await this.#change(api);
      await this.#save();
    } catch (error) {
      await this.#repair(error);
    }
  }

  /** Answers new connections by these certificates. */
  async certify(set: CertificateSet): Promise<void> {
    this.#set = set;
    const { api } = this.#process ?? {};
    if (!api?.isOpen || !this.#certificates.fits(set)) return this.#renew(this.#tlsPort);
    try {
      await this.#certificates.follow(api, set);
      await this.#maps.put(api, 'certified', certified(set));
      await this.#maps.keepOnly(api, 'certified', certified(set));
      await this.#certificates.save(set);
      await this.#save();
    } catch (error) {
      await this.#repair(error);
    }
  }

  /** Lets somebody pass without another question. */
  async remember(pass: string): Promise<void> {
    const { api } = this.#process ?? {};
    if (!api) return;
    if (this.#passes++ >= mostPasses) {
      this.#passes = 1;
      await this.#maps.keepOnly(api, 'passes', new Map());
    }
    await this.#maps.put(api, 'passes', new Map([[pass, 'passed']]));
  }

  /** Requests and sockets still open by replica, in all processes. */
  async inFlight(): Promise<Record<string, number>> {
    const sum: Record<string, number> = {};
    for (const { server, open } of (await Promise.all(this.#all.map((one) => one.open()))).flat())
      sum[replicaOf(server)] = (sum[replicaOf(server)] ?? 0) + open;
    return sum;
  }

  /** Requests by route and answer, of the process that serves. */
  async counts(): Promise<RequestCounts> {
    const serving = this.#process;
    if (!serving) return { life: 'none', routes: [] };
    const life = `${serving.pid}-${serving.startTime}`;
    return { life, routes: await readCounts(serving.api, this.#layout.routes.keys(), this.#failed) };
  }

  /** Starts HAProxy again when it died, and removes what nobody uses any more. */
  async look(): Promise<void> {
    for (const older of this.#older) {
      if (!(await older.isAlive())) this.#older.delete(older);
      else await older.letGo();
    }
    if (!this.#process || !(await this.#process.isAlive())) {
      this.#process?.api.close();
      this.#process = null;
      return this.#renew(this.#tlsPort);
    }
    // HAProxy itself ends a connection on which nothing was asked for a day.
    if (!this.#process.api.isOpen) this.#process = (await HaproxyProcess.adopt(this.#process)) ?? this.#process;
    if (Date.now() < this.#sweepAt) return;
    const before = this.#servers.busy.size;
    await this.#servers.sweep(this.#process.api);
    this.#sweepMs = this.#servers.busy.size === before ? Math.min(this.#sweepMs * 2, longestSweepMs) : shortestSweepMs;
    this.#sweepAt = Date.now() + this.#sweepMs;
  }

  /** Takes no new connections from when it resolves. */
  async retire(): Promise<void> {
    await this.#process?.retire();
  }

  /** Ends when all connections have ended or the deadline has passed. */
  async end(deadlineMs: number): Promise<void> {
    const all = this.#all;
    const deadline = Date.now() + deadlineMs;
    for (const one of all)
      for (; (await one.isAlive()) && Date.now() < deadline; await sleep(endLookMs))
        await one.letGo().catch(() => undefined);
    for (const one of all) {
      await one.end();
      await rm(one.socket, { force: true });
    }
    const record = await readProcess(this.paths.record);
    if (record?.pid === this.#process?.pid) await rm(this.paths.record, { force: true });
  }

  get #all(): readonly HaproxyProcess[] {
    return [...(this.#process ? [this.#process] : []), ...this.#older];
  }

  #wanted(): Wanted {
    return serversOf(this.#layout, this.#pool.held);
  }

  #lines(): Readonly<Record<MapName, Lines>> {
    return linesOf(this.#layout, this.#pool.held, this.#set);
  }

  /** In an order in which every request finds all of what was, or all of what will be. */
  async #change(api: RuntimeApi): Promise<void> {
    const [wanted, lines] = [this.#wanted(), this.#lines()];
    await this.#servers.add(api, wanted);
    for (const name of beside) await this.#maps.put(api, name, lines[name]);
    for (const name of ['routes', 'hosts'] as const) await this.#maps.put(api, name, lines[name]);
    for (const name of ['hosts', 'routes'] as const) await this.#maps.keepOnly(api, name, lines[name]);
    for (const name of beside) if (name !== 'headers') await this.#maps.keepOnly(api, name, lines[name]);
    // Answers on their way still look for those that they began with.
    if (this.#maps.size('headers') > lines.headers.size + mostStale)
      await this.#maps.keepOnly(api, 'headers', lines.headers);
    await this.#servers.drain(api, wanted);
    this.#sweepMs = shortestSweepMs;
    this.#sweepAt = 0;
  }

  /** One that does not do what it is told is replaced by one that starts with what is wanted. */
  async #repair(error: unknown): Promise<void> {
    if (!isContainrError(error) || !['HAPROXY_SILENT', 'HAPROXY_REFUSED'].includes(error.code)) throw error;
    process.stderr.write(
      `${JSON.stringify({ at: new Date().toISOString(), message: 'HAProxy is replaced', error: error.message })}\n`,
    );
    await this.#renew(this.#tlsPort);
  }

  /** Starts a process with everything that is wanted, which takes the ports over from the one before without a gap. */
  async #renew(tlsPort: number | null): Promise<void> {
    const { host, port } = this.#place;
    const before = this.#process && (await this.#process.isAlive()) ? this.#process : null;
    if ((!before || this.#isElsewhere) && !this.#isShared && !(await isFree({ host, port })))
      throw portInUse(port, host);
    this.#generation++;
    const socket = socketIn(this.paths, this.#generation);
    await this.#certificates.save(this.#set);
    await this.#save(tlsPort, socket);
    const started = await HaproxyProcess.start({
      engine: this.#engine.path,
      configuration: this.paths.configuration,
      log: this.paths.log,
      socket,
      port,
      host,
      before,
    });
    if (before) this.#older.add(before);
    this.#process = started;
    this.#tlsPort = tlsPort;
    this.#isElsewhere = false;
    this.#isShared = false;
    this.#failed.clear();
    this.#maps.startedFrom(this.#lines());
    this.#servers.startedWith(this.#wanted());
    this.#certificates.startedFrom(this.#set);
    await this.#save();
  }

  /** Writes what a process would start from now; files that did not change are left alone. */
  async #save(tlsPort = this.#tlsPort, socket = this.#process?.socket ?? ''): Promise<void> {
    const texts = new Map<string, string>();
    for (const [name, lines] of Object.entries(this.#lines()))
      texts.set(this.paths.maps[name as MapName], textOf(lines));
    const configuration = {
      paths: this.paths,
      ...this.#place,
      tlsPort,
      socket,
      sizes: this.#pool.sizes,
      servers: this.#wanted(),
      connections: this.#connections,
      user: this.#user,
    };
    texts.set(this.paths.configuration, write(configuration));
    if (this.#process) {
      const { pid, startTime } = this.#process;
      const record: ProcessRecord = {
        pid,
        startTime,
        socket: this.#process.socket,
        generation: this.#generation,
        ...this.#place,
        tlsPort: this.#tlsPort,
        sizes: this.#pool.sizes,
        held: Object.fromEntries(this.#pool.held),
      };
      texts.set(this.paths.record, JSON.stringify(record));
    }
    await this.#files.write(texts);
  }
}

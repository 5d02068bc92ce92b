import { mkdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import type { CertificateSet, HostCertificate, RequestCounts, RouteTable } from '@containr/sdk/contracts';
import { CertificateSet as CertificateSetSchema, RouteTable as RouteTableSchema } from '@containr/sdk/contracts';
import type { IngressProgram, IngressStart, StateFile } from '@containr/sdk/ingress';
import { emptyTable, isFree, noCertificates, openStateFile, refuseStale } from '@containr/sdk/ingress';
import { Carrier } from './carrier.ts';
import { Door } from './door.ts';
import type { Engine } from './engine.ts';
import { unprivilegedUser } from './engine.ts';
import { layOut } from './layout.ts';
import { pathsIn } from './paths.ts';

const lookMs = 200;
const longestPauseMs = 10_000;

function isReadable({ chain, key }: HostCertificate): boolean {
  try {
    createSecureContext({ cert: chain, key });
    return true;
  } catch {
    return false;
  }
}

/** An ingress that is an HAProxy: kept running, changed through its Runtime API, and started again from what is on disk. */
export class HaproxyIngress implements IngressProgram {
  readonly #start: IngressStart;
  readonly #engine: Engine;
  readonly #carrier: Carrier;
  readonly #door: Door;
  readonly #keptTable: StateFile<RouteTable>;
  readonly #keptCertificates: StateFile<CertificateSet>;
  #table = emptyTable;
  #certificates = noCertificates;
  #tlsNote: string | null = null;
  #unreadable: readonly string[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #isEnding = false;
  #watching: Promise<void> = Promise.resolve();

  constructor(start: IngressStart, engine: Engine) {
    this.#start = start;
    this.#engine = engine;
    const paths = pathsIn(join(dirname(start.state), 'haproxy'));
    this.#carrier = new Carrier(paths, engine, start);
    this.#door = new Door(paths, (pass) => this.#carrier.remember(pass));
    this.#keptTable = openStateFile(start.state, RouteTableSchema);
    this.#keptCertificates = openStateFile(`${start.state}.certificates`, CertificateSetSchema);
  }

  /** The port that plain requests arrive at. */
  get port(): number {
    return this.#start.port;
  }

  /** Finds the HAProxy that an earlier life left, or starts one from what was kept. Throws `PORT_IN_USE`, `PORT_FORBIDDEN`, `HAPROXY_FAILED`. */
  async start(): Promise<void> {
    this.#certificates = this.#usable(await this.#keptCertificates.load(noCertificates));
    this.#table = await this.#keptTable.load(emptyTable);
    const user = await unprivilegedUser();
    await mkdir(this.#carrier.paths.folder, { recursive: true, mode: 0o700 });
    await this.#door.open(user?.uid ?? null);
    await this.#carrier.begin(this.#certificates, user);
    await this.#follow();
    this.#watching = this.#watch();
  }

  async apply(table: RouteTable): Promise<number> {
    return this.#inTurn(async () => {
      refuseStale('the route table', table.revision, this.#table.revision);
      this.#table = table;
      await this.#follow();
      await this.#keptTable.save(table);
      return table.revision;
    });
  }

  async certify(set: CertificateSet): Promise<number> {
    return this.#inTurn(async () => {
      refuseStale('the certificates', set.revision, this.#certificates.revision);
      this.#certificates = this.#usable(set);
      await this.#carrier.certify(this.#certificates);
      await this.#keptCertificates.save(set);
      return set.revision;
    });
  }

  table(): RouteTable {
    return this.#table;
  }

  inFlight(): Promise<Record<string, number>> {
    return this.#carrier.inFlight();
  }

  counts(): Promise<RequestCounts> {
    return this.#carrier.counts();
  }

  health(): Record<string, unknown> {
    const bad =
      this.#unreadable.length === 0 ? null : `The certificate of ${this.#unreadable.join(', ')} can't be read.`;
    return {
      status: 'ok',
      pid: process.pid,
      version: this.#start.version,
      port: this.#start.port,
      host: this.#start.host,
      revision: this.#table.revision,
      certificates: this.#certificates.revision,
      note: this.#tlsNote ?? bad,
      engine: `HAProxy ${this.#engine.version}`,
    };
  }

  /** Takes no new connections from when it resolves. */
  async retire(): Promise<void> {
    this.#isEnding = true;
    await this.#turn.catch(() => undefined);
    await this.#carrier.retire();
    await this.#door.close();
  }

  /** Takes no new connections, lets running requests end until the deadline, then ends HAProxy. */
  async stop(deadlineMs: number): Promise<void> {
    await this.retire();
    await this.#watching;
    await this.#carrier.end(deadlineMs);
    // Another one may be at home there by now.
    await rmdir(this.#carrier.paths.entrance).catch(() => undefined);
  }

  /** Follows the table with a port of HTTPS that can be had. */
  async #follow(): Promise<void> {
    const layout = layOut(this.#table);
    this.#door.follow(layout.users);
    await this.#carrier.follow(layout, await this.#tlsPort());
  }

  /** One that is taken changes nothing, and is tried again with the next table. */
  async #tlsPort(): Promise<number | null> {
    const wanted = this.#table.tlsPort ?? null;
    const { host, isShared } = this.#start;
    this.#tlsNote = null;
    if (wanted === null || wanted === this.#carrier.tlsPort || isShared || (await isFree({ port: wanted, host })))
      return wanted;
    this.#tlsNote = `Port ${wanted} on ${host} is used by another program. HTTPS is not served there.`;
    return this.#carrier.tlsPort;
  }

  /** HAProxy does not start with a certificate that it can't read, so one is left out, and said. */
  #usable(set: CertificateSet): CertificateSet {
    const certificates = set.certificates.filter(isReadable);
    this.#unreadable = set.certificates.filter((one) => !certificates.includes(one)).map(({ host }) => host);
    return { ...set, certificates };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #watch(): Promise<void> {
    let failures = 0;
    while (!this.#isEnding) {
      await sleep(Math.min(lookMs * 2 ** failures, longestPauseMs));
      if (this.#isEnding) return;
      try {
        await this.#inTurn(() => this.#carrier.look());
        failures = 0;
      } catch (error) {
        failures++;
        process.stderr.write(
          `${JSON.stringify({ at: new Date().toISOString(), message: 'HAProxy could not be looked after', error: String(error) })}\n`,
        );
      }
    }
  }
}

import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../src/carrier/engine.ts';
import { findEngine } from '../src/carrier/engine.ts';
import { HaproxyIngress } from '../src/carrier/haproxy-ingress.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A real HAProxy in a temporary folder. */
export class HaproxyFixture {
  readonly directory: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly #engine: Engine;
  ingress: HaproxyIngress;

  private constructor(directory: string, ports: readonly [number, number], engine: Engine) {
    this.directory = directory;
    [this.port, this.tlsPort] = ports;
    this.#engine = engine;
    this.ingress = this.#make();
  }

  /** Starts one; `null` where there is no HAProxy. */
  static async create(): Promise<HaproxyFixture | null> {
    const engine = await findEngine();
    if (typeof engine === 'string') return null;
    const directory = await mkdtemp(join(tmpdir(), 'haproxy-'));
    const fixture = new HaproxyFixture(directory, [await freePort(), await freePort()], engine);
    await fixture.ingress.start();
    return fixture;
  }

  /** Process of HAProxy now. */
  async pid(): Promise<number> {
    const text = await readFile(join(this.directory, 'haproxy/haproxy.json'), 'utf8');
    return (JSON.parse(text) as { pid: number }).pid;
  }

  /** Ends HAProxy and what keeps it, and starts both from what is on disk. */
  async restart(): Promise<void> {
    await this.ingress.stop(0);
    this.ingress = this.#make();
    await this.ingress.start();
  }

  async remove(): Promise<void> {
    await this.ingress.stop(0);
    await rm(this.directory, { recursive: true, force: true });
  }

  #make(): HaproxyIngress {
    const { port, directory } = this;
    const start = { port, host: '127.0.0.1', socket: join(directory, 's.sock'), version: 'test', isShared: false };
    return new HaproxyIngress({ ...start, state: join(directory, 'table.json') }, this.#engine);
  }
}

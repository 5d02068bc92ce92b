import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { scratchFolder } from '@containr/testing';
import { until } from '../road/until.ts';

const run = promisify(execFile);
const program = ['/usr/bin/dockerd', '/usr/sbin/dockerd'].find(existsSync);
const client = ['/usr/bin/docker', '/usr/local/bin/docker'].find(existsSync) ?? 'docker';

/** What an engine has of one install, by name. */
export interface EngineState {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
}

/** A Docker engine that may be killed: with a folder, a socket and no packet rules of its own, started again whenever it ends. */
export class PrivateEngine {
  readonly folder: string;
  /** Its default network, which builds are in. */
  readonly #bridge = `chaos${process.pid}`;
  #process: ChildProcess | undefined;
  #stopping = false;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Whether one can be started here. */
  static get isPossible(): boolean {
    return program !== undefined && process.getuid?.() === 0;
  }

  /** Starts one that has an image of the usual engine. */
  static async start(image: string): Promise<PrivateEngine> {
    const engine = new PrivateEngine(await scratchFolder('engine'));
    await mkdir(engine.folder, { recursive: true });
    await run('ip', ['link', 'add', 'name', engine.#bridge, 'type', 'bridge']);
    await run('ip', ['address', 'add', `10.213.${process.pid % 250}.1/24`, 'dev', engine.#bridge]);
    await run('ip', ['link', 'set', engine.#bridge, 'up']);
    await engine.#run();
    const archive = join(engine.folder, 'image.tar');
    await run(client, ['save', '--output', archive, image], { timeout: 300_000 });
    await run(client, ['--host', engine.host, 'load', '--input', archive], { timeout: 300_000 });
    await rm(archive);
    return engine;
  }

  get host(): string {
    return `unix://${join(this.folder, 'docker.sock')}`;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Whether it answers. */
  async answers(): Promise<boolean> {
    return (await this.#ask('/_ping').catch(() => null)) !== null;
  }

  /** What it has now. */
  async state(): Promise<EngineState> {
    const names = async (path: string): Promise<string[]> => {
      const listed: unknown = JSON.parse(await this.#ask(path));
      return (Array.isArray(listed) ? listed : []).flatMap(
        (one: { Name?: string; Names?: string[] }) => one.Names ?? one.Name ?? [],
      );
    };
    return {
      containers: (await names('/containers/json?all=true')).map((name) => name.replace(/^\//, '')),
      networks: await names('/networks'),
    };
  }

  /** Removes what it runs, ends it, and removes its folder. */
  async stop(): Promise<void> {
    const { containers } = await this.state().catch(() => ({ containers: [] }));
    if (containers.length > 0) await run(client, ['--host', this.host, 'rm', '--force', '--volumes', ...containers]);
    this.#stopping = true;
    const ended = this.#process ? once(this.#process, 'exit') : undefined;
    this.#process?.kill('SIGTERM');
    await ended;
    // One that was killed could not take its mounts away.
    const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
    for (const mount of mounts.filter((path) => path.startsWith(this.folder)).reverse())
      await run('umount', ['--lazy', mount]);
    await run('ip', ['link', 'delete', this.#bridge]);
    await rm(this.folder, { recursive: true, force: true });
  }

  async #run(): Promise<void> {
    const log = await open(join(this.folder, 'engine.log'), 'a');
    const child = spawn(
      program ?? 'dockerd',
      [
        ...['--data-root', join(this.folder, 'data'), '--exec-root', join(this.folder, 'exec')],
        ...['--pidfile', join(this.folder, 'pid'), '--host', this.host],
        // Rules of the machine belong to its usual engine.
        ...['--iptables=false', '--ip-masq=false', '--live-restore', '--bridge', this.#bridge],
      ],
      { stdio: ['ignore', log.fd, log.fd], detached: true },
    );
    await log.close();
    this.#process = child;
    child.once('exit', () => {
      if (!this.#stopping) void rm(join(this.folder, 'pid'), { force: true }).then(() => this.#run());
    });
    await until('the engine answers', () => this.answers()).catch(async (error: unknown) => {
      const said = await readFile(join(this.folder, 'engine.log'), 'utf8');
      throw new Error(`${String(error)}\n${said.slice(-2000)}`, { cause: error });
    });
  }

  #ask(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath: join(this.folder, 'docker.sock'), path, timeout: 5000 }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve(text)).on('error', reject);
      });
      asked.on('timeout', () => asked.destroy(new Error('the engine did not answer')));
      asked.on('error', reject).end();
    });
  }
}

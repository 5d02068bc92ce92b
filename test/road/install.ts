import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Infer } from '@containr/sdk';
import { defineSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { scratchFolder } from '@containr/testing';
import { get } from './http.ts';
import { until } from './until.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

const Launch = defineSchema({
  type: 'object',
  properties: {
    flags: { type: 'array', items: { type: 'string' } },
    env: { type: 'object', additionalProperties: { type: 'string' } },
  },
  required: ['flags', 'env'],
  additionalProperties: false,
});
type Launch = Infer<typeof Launch>;

/** What `npm start -- --json` says when everything is up. */
export interface Ready {
  readonly dashboard: string;
  readonly setup: string | null;
  readonly sample: string | null;
  readonly api: string;
}

/** A whole install, started as users start it, on a data folder and ports of its own. */
export class Install {
  readonly data: string;
  readonly port: number;
  readonly ingressPort: number;
  readonly #env: Record<string, string>;
  readonly #options: readonly string[];
  readonly #tree: string;
  #process: ChildProcess | undefined;
  #exited: Promise<number | null> = Promise.resolve(0);
  /** Everything it wrote to stdout, by line. */
  readonly lines: string[] = [];

  private constructor(
    data: string,
    ports: readonly [number, number],
    env: Record<string, string>,
    options: readonly string[],
    tree: string,
  ) {
    this.data = data;
    [this.port, this.ingressPort] = ports;
    this.#env = env;
    this.#options = options;
    this.#tree = tree;
  }

  /** `tree`: where the built code is; this project's own when left out. */
  static async prepare(
    env: Record<string, string>,
    options: readonly string[] = [],
    tree: string = root,
  ): Promise<Install> {
    const data = await scratchFolder('road');
    return new Install(data, [await freePort(), await freePort()], env, options, tree);
  }

  /** Pid of the supervisor. */
  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('The install is not started.');
    return pid;
  }

  /** Starts, with more in its environment for this time, and resolves with the `ready` event; rejects with what it wrote when it ends before. */
  async start(env: Record<string, string> = {}): Promise<Ready> {
    const launch = validate<Launch>(
      Launch,
      JSON.parse(await readFile(join(root, 'install/launch.json'), 'utf8')),
      'install/launch.json',
    );
    const argv = [
      ...launch.flags,
      join(this.#tree, 'install/dist/start.js'),
      '--data',
      this.data,
      '--port',
      String(this.port),
      '--ingress-port',
      String(this.ingressPort),
      '--json',
      ...this.#options,
    ];
    const child = spawn(process.execPath, argv, {
      env: { ...launch.env, ...ownEnvironment(), ...this.#env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors = (errors + chunk).slice(-8000)));
    this.#exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    return new Promise<Ready>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.lines.push(line);
        const event: unknown = JSON.parse(line);
        if (isReady(event)) resolve(event);
      });
      void this.#exited.then((code) =>
        reject(
          new Error(
            `The install ended with code ${code} before it was ready.\n${this.lines.slice(-10).join('\n')}\n${errors}`,
          ),
        ),
      );
    });
  }

  /** Ctrl-C; resolves with the exit code. */
  async interrupt(): Promise<number | null> {
    this.#process?.kill('SIGINT');
    return this.#exited;
  }

  /** What a service unit sends to have new code served. */
  hangUp(): void {
    this.#process?.kill('SIGHUP');
  }

  /** Resolves with the exit code when the install has ended by itself. */
  get ended(): Promise<number | null> {
    return this.#exited;
  }

  /** kill -9 of the supervisor. */
  async crash(): Promise<void> {
    this.#process?.kill('SIGKILL');
    await this.#exited;
  }

  /** kill -9 of the control plane; resolves when its supervisor has another one serving. */
  async crashControlPlane(): Promise<void> {
    const pid = await this.controlPlanePid();
    process.kill(pid, 'SIGKILL');
    await until('another control plane is ready', async () => {
      const { status } = await get(`http://127.0.0.1:${this.port}/readyz`);
      return status === 200 && (await this.controlPlanePid()) !== pid;
    });
  }

  /** Pid of the control plane; of the newest while there are two. */
  async controlPlanePid(): Promise<number> {
    return this.#childWith('control-plane.js');
  }

  /** Pid of the local agent. */
  async agentPid(): Promise<number> {
    return this.#childWith('--token-file');
  }

  async #childWith(argument: string): Promise<number> {
    return until(`a process with ${argument} runs`, async () => {
      for (const pid of (await childrenOf(this.pid)).reverse()) {
        const argv = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
        if (argv.includes(argument)) return pid;
      }
      return undefined;
    });
  }

  /** Ends everything that was started below the data folder, apps and ingress too, and removes the folder. */
  async destroy(): Promise<void> {
    if (this.#process && this.#process.exitCode === null && this.#process.signalCode === null) await this.interrupt();
    await removeContainers(this.data);
    const pids = await processesNaming(this.data);
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
    await until('its processes are gone', async () =>
      (await processesNaming(this.data)).length === 0 ? true : undefined,
    );
    await rm(this.data, { recursive: true, force: true });
  }

  /** The end of the control plane's log, for a failing test's message. */
  async log(): Promise<string> {
    const text = await readFile(join(this.data, 'containr.log'), 'utf8').catch(() => '');
    return text.split('\n').slice(-40).join('\n');
  }
}

function isReady(event: unknown): event is Ready & { event: 'ready' } {
  return typeof event === 'object' && event !== null && 'event' in event && event.event === 'ready';
}

/** What the operator's machine needs to reach networks and registries, without settings of an install. */
function ownEnvironment(): Record<string, string> {
  const settings = /^(CONTAINR_|DATABASE_URL$|REDIS_URL$|NODE_OPTIONS$)/;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || settings.test(name) ? [] : [[name, value]],
    ),
  );
}

const Enrolled = { type: 'object', properties: { install: { type: 'string' } }, required: ['install'] } as const;

/** Containers of this install outlive it on purpose, so a test takes them with it. */
async function removeContainers(data: string): Promise<void> {
  const text = await readFile(join(data, 'agent/identity.json'), 'utf8').catch(() => null);
  if (text === null || !existsSync('/var/run/docker.sock')) return;
  const { install } = validate<{ install: string }>(Enrolled, JSON.parse(text), 'The identity of the agent');
  const docker = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker';
  const run = promisify(execFile);
  const { stdout } = await run(docker, ['ps', '--all', '--quiet', '--filter', `label=containr.install=${install}`]);
  const ids = stdout.split('\n').filter(Boolean);
  if (ids.length > 0) await run(docker, ['rm', '--force', '--volumes', ...ids]);
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

async function processesNaming(text: string): Promise<number[]> {
  const pids: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const argv = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (argv.includes(text)) pids.push(Number(name));
  }
  return pids;
}

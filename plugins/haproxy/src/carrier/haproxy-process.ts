import { spawn } from 'node:child_process';
import { close, openSync } from 'node:fs';
import { readFile, rm, stat, truncate } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ContainrError } from '@containr/sdk';
import { isRunning, portInUse, startTimeOf } from '@containr/sdk/ingress';
import { RuntimeApi } from './runtime-api.ts';
import type { ServerCount } from './statistics.ts';
import { readServers } from './statistics.ts';

const startMs = 20_000;
const largestLog = 4 * 1024 * 1024;

/** How one is started. */
export interface Start {
  readonly engine: string;
  readonly configuration: string;
  readonly socket: string;
  readonly log: string;
  readonly port: number;
  readonly host: string;
  /** One that runs: its ports are taken over from it, and it ends when its last request has ended. */
  readonly before: HaproxyProcess | null;
}

/** An HAProxy in a session of its own: it outlives who started it. */
export class HaproxyProcess {
  readonly pid: number;
  readonly startTime: string;
  readonly socket: string;
  readonly api: RuntimeApi;

  private constructor(pid: number, startTime: string, socket: string, api: RuntimeApi) {
    this.pid = pid;
    this.startTime = startTime;
    this.socket = socket;
    this.api = api;
  }

  /** Finds one that was started earlier; `null` when it is gone or does not answer. */
  static async adopt(record: { pid: number; startTime: string; socket: string }): Promise<HaproxyProcess | null> {
    if (!(await isRunning(record.pid, record.startTime))) return null;
    try {
      const api = await RuntimeApi.open(record.socket);
      return new HaproxyProcess(record.pid, record.startTime, record.socket, api);
    } catch {
      return null;
    }
  }

  /** Starts one and waits until it serves. Throws `PORT_IN_USE`, `PORT_FORBIDDEN`, `HAPROXY_FAILED`. */
  static async start(start: Start): Promise<HaproxyProcess> {
    await stat(start.log).then(
      ({ size }) => (size > largestLog ? truncate(start.log, 0) : undefined),
      () => undefined,
    );
    await rm(start.socket, { force: true });
    const output = openSync(start.log, 'a', 0o600);
    const from = await stat(start.log).then(({ size }) => size);
    const taking = start.before === null ? [] : ['-x', start.before.socket, '-sf', String(start.before.pid)];
    const child = spawn(start.engine, ['-db', '-f', start.configuration, ...taking], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', output, output],
      env: { PATH: process.env['PATH'] ?? '' },
    });
    close(output);
    let ended = false;
    child.once('exit', () => (ended = true)).once('error', () => (ended = true));
    child.unref();
    const deadline = Date.now() + startMs;
    while (Date.now() < deadline && !ended) {
      const startTime = child.pid === undefined ? null : await startTimeOf(child.pid);
      const api = await RuntimeApi.open(start.socket).catch(() => null);
      if (api !== null && child.pid !== undefined && startTime !== null)
        return new HaproxyProcess(child.pid, startTime, start.socket, api);
      api?.close();
      await sleep(10);
    }
    if (!ended) child.kill('SIGKILL');
    throw failure(start, (await readFile(start.log)).subarray(from).toString('utf8'));
  }

  /** Requests and sockets that are open, by server; none when it can't be asked. */
  async open(): Promise<readonly ServerCount[]> {
    if (!this.api.isOpen) return [];
    return (await readServers(this.api)).filter(({ open }) => open > 0);
  }

  /** Lets one that takes no new connections go when it carries nothing: the connection that it is asked by would keep it. */
  async letGo(): Promise<void> {
    if (this.api.isOpen && (await this.open()).length === 0) this.api.close();
  }

  /** Whether it is still there. */
  isAlive(): Promise<boolean> {
    return isRunning(this.pid, this.startTime);
  }

  /** Takes no new connections from when it resolves; it ends when its last request has ended. */
  async retire(): Promise<void> {
    this.#signal('SIGUSR1');
    while ((await this.isAlive()) && !/^Stopping: 1$/m.test(await this.api.ask('show info').catch(() => 'Stopping: 1')))
      await sleep(5);
  }

  /** Ends it at once, and with it what it carries. */
  async end(): Promise<void> {
    this.api.close();
    while (await this.isAlive()) {
      this.#signal('SIGKILL');
      await sleep(10);
    }
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(this.pid, signal);
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

function failure({ port, host, log }: Start, said: string): ContainrError {
  const lines = said.split('\n').filter((line) => /ALERT|Fatal/i.test(line));
  const last = lines
    .map((line) => line.replace(/^\[\w+\]\s*\(\d+\)\s*:\s*/, ''))
    .join(' ')
    .slice(0, 400);
  if (/Address already in use/i.test(said)) return portInUse(port, host);
  if (/Permission denied/i.test(said))
    return new ContainrError({
      code: 'PORT_FORBIDDEN',
      status: 403,
      detail: `This user may not listen on port ${port}.`,
      hint: 'Choose a port from 1024 up with --ingress-port, or run as root.',
    });
  return new ContainrError({
    code: 'HAPROXY_FAILED',
    status: 503,
    detail: `HAProxy did not start: ${last || 'it said nothing'}`,
    hint: `Look at ${log} on the node.`,
  });
}

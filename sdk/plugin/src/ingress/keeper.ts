import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentContext } from '../agent/index.ts';
import type { Health } from './control-client.ts';
import { askHealth, tellToLeave } from './control-client.ts';
import { controlPath } from './control-path.ts';
import { isFree } from './listen.ts';
import { readRecord, signalRecorded, startTimeOf, writeRecord } from './program-record.ts';
import { spawnProgram } from './spawn-program.ts';

/** How long an ingress that runs but does not answer is given. */
const silentMs = 3000;
const watchMs = 1000;

/** Where the ingress listens. */
export interface Place {
  readonly port: number;
  readonly host: string;
  /** Another ingress of this install listens there now, and leaves when this one serves. */
  readonly shared?: boolean | undefined;
}

/** Keeps one ingress running on this node. */
export interface Keeper {
  readonly socket: string;
  /** Where it keeps its table; the certificates are kept beside it. */
  readonly state: string;
  /**
   * Makes sure that it runs at this place: adopts, starts or moves it, after `prepare` where it does not run. Says what an admin should know.
   */
  ensure(place: Place, prepare?: () => Promise<void>): Promise<{ health: Health; note: string | null }>;
  /** Does something while it does not run; `null`: it runs. */
  whileAway<T>(work: () => Promise<T>): Promise<T | null>;
  /** Whether it runs the newest code. */
  isCurrent(health: Health): boolean;
  /** Starts the newest code in place of the one that runs; new connections are refused for the moment between. */
  renew(place: Place): Promise<void>;
  /** Lets it take no new connections, and end with its last one; it is not started again. `false`: none ran. */
  leave(): Promise<boolean>;
}

/**
 * Finds the ingress that an earlier life of the agent left, or starts one, and starts it again when it dies.
 * It is never ended with the agent: requests go on.
 */
export async function keepIngress(agent: AgentContext, name = 'router'): Promise<Keeper> {
  const socket = controlPath(agent.directory);
  const recordPath = join(agent.directory, 'router.json');
  const program = agent.program(name);
  const version = createHash('sha256')
    .update(await readFile(program))
    .digest('hex');
  let queue: Promise<unknown> = Promise.resolve();

  async function silent(): Promise<Health | null> {
    const record = await readRecord(recordPath);
    if (!record || (await startTimeOf(record.pid)) !== record.startTime || record.startTime === null) return null;
    const deadline = Date.now() + silentMs;
    while (Date.now() < deadline) {
      const health = await askHealth(socket);
      if (health) return health;
      await sleep(100);
    }
    agent.log.warn({ pid: record.pid }, 'the ingress runs and does not answer: it is started anew');
    await signalRecorded(record, 'SIGKILL');
    return null;
  }

  async function start(place: Place): Promise<Health> {
    const health = await spawnProgram({ program, directory: agent.directory, socket, ...place }, agent.signal);
    await writeRecord(recordPath, {
      pid: health.pid,
      startTime: await startTimeOf(health.pid),
      port: place.port,
      host: place.host,
      version: health.version,
    });
    agent.log.info({ pid: health.pid, port: health.port, host: health.host }, 'started the ingress');
    return health;
  }

  async function end(health: Health): Promise<void> {
    process.kill(health.pid, 'SIGTERM');
    const deadline = Date.now() + silentMs;
    while ((await askHealth(socket)) && Date.now() < deadline) await sleep(20);
  }

  async function ensureNow(
    place: Place,
    prepare?: () => Promise<void>,
  ): Promise<{ health: Health; note: string | null }> {
    const running = (await askHealth(socket)) ?? (await silent());
    if (!running) await prepare?.();
    if (!running) return { health: await start(place), note: null };
    if (running.port === place.port && running.host === place.host) {
      const recorded = await readRecord(recordPath);
      if (recorded?.pid !== running.pid) {
        await writeRecord(recordPath, {
          pid: running.pid,
          startTime: await startTimeOf(running.pid),
          port: place.port,
          host: place.host,
          version: running.version,
        });
      }
      return {
        health: running,
        note:
          running.version === version
            ? null
            : 'The ingress runs an earlier version of its code; the new one is used when it starts next.',
      };
    }
    // Another port is tried first: a router that serves is not given up for one that can't start.
    if (running.port !== place.port && !(await isFree(place))) {
      return {
        health: running,
        note: `Port ${place.port} on ${place.host} can't be used, so the ingress stays on port ${running.port}; choose a free port with --ingress-port.`,
      };
    }
    await end(running);
    return { health: await start(place), note: null };
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  }

  async function renewNow(place: Place): Promise<void> {
    const running = await askHealth(socket);
    if (running?.version === version) return;
    if (running) await end(running);
    await start(place);
  }

  /** As it was recorded; asked in turn, since it may have left meanwhile. */
  async function again(): Promise<void> {
    const record = await readRecord(recordPath);
    if (record) await ensureNow({ port: record.port, host: record.host });
  }

  async function leaveNow(): Promise<boolean> {
    const record = await readRecord(recordPath);
    await rm(recordPath, { force: true });
    const running = await askHealth(socket);
    if (!running) {
      if (record) await signalRecorded(record, 'SIGTERM');
      return false;
    }
    // One that an earlier version started can't be told.
    if (!(await tellToLeave(socket))) await end(running);
    const deadline = Date.now() + silentMs;
    while ((await askHealth(socket)) && Date.now() < deadline) await sleep(20);
    agent.log.info({ pid: running.pid }, 'the ingress leaves: another has taken over');
    return true;
  }

  async function watch(): Promise<void> {
    let failures = 0;
    while (!agent.signal.aborted) {
      try {
        await inTurn(again);
        failures = 0;
      } catch (error) {
        failures++;
        agent.log.error({ error, failures }, 'the ingress could not be started again');
      }
      await sleep(Math.min(watchMs * 2 ** failures, 30_000), undefined, { signal: agent.signal }).catch(
        () => undefined,
      );
    }
  }

  const watching = watch();
  agent.own('watch of the ingress', () => watching);
  return {
    socket,
    state: join(agent.directory, 'table.json'),
    ensure: (place, prepare) => inTurn(() => ensureNow(place, prepare)),
    whileAway: (work) => inTurn(async () => ((await askHealth(socket)) ? null : work())),
    isCurrent: (health) => health.version === version,
    renew: (place) => inTurn(() => renewNow(place)),
    leave: () => inTurn(leaveNow),
  };
}

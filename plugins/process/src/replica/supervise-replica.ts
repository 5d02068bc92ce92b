import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { buildView } from '../isolation/view.ts';
import { startInCell } from '../isolation/cell-process.ts';
import type { CellProcess } from '../isolation/cell-process.ts';
import { createGroup, memoryKills, removeGroup } from '../isolation/control-group.ts';
import { processEntry } from '../isolation/process-table.ts';
import { LogWriter } from './log-writer.ts';
import type { ReplicaRecord } from './replica-record.ts';
import { readRecordFile, writeRecord } from './replica-record.ts';
import { RestartPolicy } from './restart-policy.ts';
import type { CommandEnd } from './restart-policy.ts';
import type { ReplicaSupervision } from './supervision.ts';

const lookEveryMs = 5000;

/** Keeps a replica running until its policy or a request ends it; then leaves its last record. */
export async function superviseReplica(task: ReplicaSupervision): Promise<void> {
  const log = new LogWriter(task.files.logs);
  const policy = new RestartPolicy(task.restart, task.restartTries);
  const stopping = new AbortController();
  let current: CellProcess | null = null;
  let record = firstRecord(task);
  function note(change: Partial<ReplicaRecord>): void {
    record = { ...record, ...change };
    try {
      writeRecord(task.files.record, record);
    } catch {
      // A full disk must not end the replica; the next change is written again.
    }
  }
  function stop(): void {
    if (stopping.signal.aborted) return;
    stopping.abort();
    if (current) void endCommand(current, requestedStop(task));
  }
  process.on('SIGTERM', stop);
  for (const ignored of ['SIGINT', 'SIGHUP', 'SIGPIPE'] as const) process.on(ignored, () => undefined);
  if (task.cell.kind === 'namespaces') buildView(task.cell);
  stopWhenForgotten(task.files.record, stop);
  for (;;) {
    // Each time: an empty group may have been swept away meanwhile.
    if (task.cell.group) createGroup(task.cell.group);
    const kills = memoryKills(task.cell.group);
    const began = performance.now();
    current = startInCell(task.cell, task.variables, task.command, 'pipe');
    note({
      state: 'running',
      child: current.child.pid ?? null,
      startedAt: new Date().toISOString(),
      endedAt: null,
      exitCode: null,
    });
    const exitCode = await commandEnd(current, log);
    current = null;
    const end: CommandEnd = {
      exitCode,
      outOfMemory: memoryKills(task.cell.group) > kills,
      ranMs: performance.now() - began,
    };
    const delay = stopping.signal.aborted ? null : policy.next(end);
    const ended = { exitCode, outOfMemory: end.outOfMemory, endedAt: new Date().toISOString(), child: null };
    if (delay === null) {
      await removeGroup(task.cell.group?.directories ?? []);
      note({ ...ended, state: 'exited', groups: [] });
      return;
    }
    note({ ...ended, state: 'starting', restarts: record.restarts + 1 });
    await pause(delay, stopping.signal);
    if (stopping.signal.aborted) {
      await removeGroup(task.cell.group?.directories ?? []);
      note({ state: 'exited', groups: [] });
      return;
    }
  }
}

// Whose record was taken away (a removed data folder) nobody can stop any more.
function stopWhenForgotten(record: string, stop: () => void): void {
  let missed = 0;
  setInterval(() => {
    missed = existsSync(record) ? 0 : missed + 1;
    if (missed >= 3) stop();
  }, lookEveryMs).unref();
}

function firstRecord(task: ReplicaSupervision): ReplicaRecord {
  return {
    replica: task.replica,
    deployment: task.deployment,
    service: task.service,
    organisation: task.organisation,
    runtime: 'process',
    state: 'starting',
    exitCode: null,
    outOfMemory: false,
    restarts: 0,
    startedAt: null,
    endedAt: null,
    address: task.address,
    port: task.port,
    isolation: task.isolation,
    supervisor: { pid: process.pid, startTicks: processEntry(process.pid)?.startTicks ?? '0' },
    child: null,
    groups: [...(task.cell.group?.directories ?? [])],
    entry: task.entry,
  };
}

// 128 + number for a signal, as a shell says it.
async function commandEnd(running: CellProcess, log: LogWriter): Promise<number> {
  const { child } = running;
  for (const name of ['stdout', 'stderr'] as const) {
    const lines = log.stream(name);
    child[name]?.on('data', (bytes: Buffer) => lines.push(bytes));
    child[name]?.on('close', () => lines.end());
  }
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  child.on('close', () => close());
  const exitCode = await new Promise<number>((resolve) => {
    child.on('error', () => resolve(126));
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
  await running.kill();
  // Whoever left the group may hold the pipes for ever.
  await Promise.race([closed, pause(1000)]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  return exitCode;
}

async function endCommand(running: CellProcess, stop: { signal: NodeJS.Signals; graceMs: number }): Promise<void> {
  running.signal(stop.signal);
  const timer = setTimeout(() => void running.kill(), stop.graceMs);
  running.child.on('exit', () => clearTimeout(timer));
}

function requestedStop(task: ReplicaSupervision): { signal: NodeJS.Signals; graceMs: number } {
  // Without a file it is asked by a bare signal: the replica's own way to stop holds.
  const wanted: unknown = readRecordFile(task.files.stop) ?? task.stop;
  const given = { signal: '', graceMs: task.stop.graceMs };
  if (typeof wanted === 'object' && wanted !== null) {
    if ('signal' in wanted && typeof wanted.signal === 'string') given.signal = wanted.signal;
    if ('graceMs' in wanted && typeof wanted.graceMs === 'number') given.graceMs = wanted.graceMs;
  }
  return { signal: isSignal(given.signal) ? given.signal : 'SIGTERM', graceMs: given.graceMs };
}

function isSignal(name: string): name is NodeJS.Signals {
  return name in constants.signals;
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

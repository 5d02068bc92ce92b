import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ContainrError } from '@containr/sdk';
import { removeGroup } from '../isolation/control-group.ts';
import type { ReplicaRecord } from './replica-record.ts';
import type { ReplicaStore } from './replica-store.ts';
import type { ReplicaSupervision } from './supervision.ts';
import type { SupervisorProgram } from './task-runner.ts';
import { supervisorEnvironment } from './task-runner.ts';

const startPatienceMs = 15_000;

/** Starts a supervisor for a replica and waits for its first record. Throws `START_FAILED`. */
export async function launch(
  program: SupervisorProgram,
  replicas: ReplicaStore,
  supervision: ReplicaSupervision,
  outputFile: string,
): Promise<ReplicaRecord> {
  const [file, ...rest] = program.arguments(supervision.cell, false);
  const output = openSync(outputFile, 'a', 0o600);
  const child = spawn(file, rest, {
    env: supervisorEnvironment,
    cwd: '/',
    stdio: ['pipe', output, output],
    detached: true,
  });
  closeSync(output);
  let failure: string | null = null;
  child.on('error', (error) => (failure = error.message));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(JSON.stringify(supervision));
  child.unref();
  const deadline = performance.now() + startPatienceMs;
  while (performance.now() < deadline && failure === null) {
    const record = replicas.get(supervision.replica);
    if (record && record.state !== 'starting') return record;
    if (child.exitCode !== null || child.signalCode !== null)
      failure = `The supervisor ended with ${child.exitCode ?? child.signalCode}.`;
    else await sleep(10);
  }
  child.kill('SIGKILL');
  await removeGroup(supervision.cell.group?.directories ?? []);
  const said = await readFile(outputFile, 'utf8').catch(() => '');
  throw startFailed(
    `The replica's supervisor did not start: ${failure ?? 'it took too long'}. ${said.trim().split('\n').slice(-5).join(' ')}`,
    'See the log of the node’s agent.',
  );
}

/** A replica that could not be started. */
export function startFailed(detail: string, hint: string): ContainrError {
  return new ContainrError({ code: 'START_FAILED', status: 409, detail, hint });
}

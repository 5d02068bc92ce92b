import { spawn } from 'node:child_process';
import { close, openSync } from 'node:fs';
import { readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ContainrError } from '../errors.ts';
import type { Health } from './control-client.ts';
import { askHealth } from './control-client.ts';

const startMs = 15_000;
const largestOutput = 4 * 1024 * 1024;

/** How the program of an ingress is started on this node. */
export interface ProgramStart {
  readonly program: string;
  readonly directory: string;
  readonly socket: string;
  readonly port: number;
  readonly host: string;
  readonly shared?: boolean | undefined;
}

async function lastWords(path: string): Promise<{ code: string; detail: string; hint: string | undefined }> {
  const lines = (await readFile(path, 'utf8').catch(() => '')).trimEnd().split('\n');
  try {
    const said: unknown = JSON.parse(lines.at(-1) ?? '');
    if (typeof said === 'object' && said !== null && 'code' in said && 'message' in said) {
      return {
        code: String(said.code),
        detail: String(said.message),
        hint: 'hint' in said ? String(said.hint) : undefined,
      };
    }
  } catch {
    // What it wrote last was not for us.
  }
  return {
    code: 'INGRESS_FAILED',
    detail: `The ingress ended at its start: ${lines.at(-1) ?? 'it said nothing'}.`,
    hint: `Look at ${path} on the node.`,
  };
}

async function keepSmall(path: string): Promise<void> {
  const size = await stat(path).then(
    (file) => file.size,
    () => 0,
  );
  if (size > largestOutput) await truncate(path, 0);
}

/**
 * Starts an ingress in a session of its own, so that it outlives the agent, and waits until it answers.
 * Throws what it said when it ends instead (`PORT_IN_USE`, `PORT_FORBIDDEN` …).
 */
export async function spawnProgram(start: ProgramStart, signal: AbortSignal): Promise<Health> {
  const output = join(start.directory, 'router.log');
  await keepSmall(output);
  const descriptor = openSync(output, 'a', 0o600);
  const child = spawn(
    process.execPath,
    [
      start.program,
      '--port',
      String(start.port),
      '--host',
      start.host,
      '--socket',
      start.socket,
      '--state',
      join(start.directory, 'table.json'),
      ...(start.shared === true ? ['--shared'] : []),
    ],
    {
      cwd: start.directory,
      detached: true,
      stdio: ['ignore', descriptor, descriptor],
      env: { PATH: process.env['PATH'] ?? '' },
    },
  );
  close(descriptor);
  let ended = false;
  child.once('exit', () => (ended = true)).once('error', () => (ended = true));
  child.unref();
  const deadline = Date.now() + startMs;
  while (Date.now() < deadline && !signal.aborted) {
    const health = await askHealth(start.socket);
    if (health?.pid === child.pid && health) return health;
    if (ended) throw new ContainrError({ status: 503, ...withHint(await lastWords(output)) });
    await sleep(25);
  }
  child.kill('SIGKILL');
  throw new ContainrError({
    code: 'INGRESS_TIMEOUT',
    status: 503,
    detail: 'The ingress did not start within 15 s.',
    hint: `Look at ${output} on the node.`,
  });
}

function withHint(words: { code: string; detail: string; hint: string | undefined }): {
  code: string;
  detail: string;
  hint?: string;
} {
  return { code: words.code, detail: words.detail, ...(words.hint === undefined ? {} : { hint: words.hint }) };
}

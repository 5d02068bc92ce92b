import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isContainrError } from '../errors.ts';
import { createControl } from './control.ts';
import { exitCodes } from './exit-codes.ts';
import { listenAt } from './listen.ts';
import type { IngressProgram, IngressStart } from './start.ts';

/** Longest wait for requests in flight when told to end. */
const endMs = 10_000;
/** How long sockets and long answers go on when another ingress has taken over. */
const leaveMs = 3600_000;

/** Control socket of an ingress that leaves: the place of the other is for who took over. */
export function leavingPath(socket: string): string {
  return `${socket}.leaving`;
}

function log(message: string, fields: Record<string, unknown> = {}): void {
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), message, ...fields })}\n`);
}

function required(values: Readonly<Record<string, string | boolean | undefined>>, name: string): string {
  const value = values[name];
  if (typeof value === 'string' && value !== '') return value;
  log(`--${name} is missing`);
  process.exit(exitCodes.USAGE);
}

function readStart(file: string): IngressStart {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      socket: { type: 'string' },
      state: { type: 'string' },
      shared: { type: 'boolean' },
    },
  });
  return {
    port: Number(required(values, 'port')),
    host: required(values, 'host'),
    socket: required(values, 'socket'),
    state: required(values, 'state'),
    version: createHash('sha256').update(readFileSync(file)).digest('hex'),
    isShared: values.shared === true,
  };
}

/**
 * Runs the process of an ingress until it is told to end. `file` is the program itself, by whose content a newer one is told.
 *
 * @example await runIngress(import.meta.filename, (start) => new Router(start));
 */
export async function runIngress(
  file: string,
  make: (start: IngressStart) => IngressProgram | Promise<IngressProgram>,
): Promise<void> {
  const start = readStart(file);
  let program: IngressProgram | undefined;
  let ending = false;

  function end(signal: string): void {
    if (!program) process.exit(0);
    if (ending) return;
    ending = true;
    log('ending', { signal });
    control?.close();
    void program.stop(endMs).then(() => process.exit(0));
  }
  async function leave(): Promise<void> {
    if (ending || !program) return;
    ending = true;
    log('leaving: another ingress has taken over');
    const leaving = program;
    await leaving.retire();
    void finish(leaving);
  }

  async function finish(leaving: IngressProgram): Promise<void> {
    control?.close();
    await listenAt(
      createControl(leaving, () => Promise.resolve()),
      leavingPath(start.socket),
    ).catch((error: unknown) =>
      log('an earlier one still leaves: what is open here is not counted', { error: String(error) }),
    );
    await leaving.stop(leaveMs);
    process.exit(0);
  }

  // A closed terminal or a control plane that ended is no reason to stop serving.
  process.on('SIGHUP', () => undefined);
  process.on('SIGTERM', end).on('SIGINT', end);
  // Requests are independent of each other and of the table: one that breaks must not take the others along.
  process.on('uncaughtException', (error) =>
    log('a request failed in an unforeseen way', { error: String(error), stack: error.stack }),
  );
  process.on('unhandledRejection', (error) => log('a request failed in an unforeseen way', { error: String(error) }));

  let control: ReturnType<typeof createControl> | undefined;
  try {
    const made = await make(start);
    await made.start();
    control = createControl(made, leave);
    await listenAt(control, start.socket);
    program = made;
    log('listening', { port: made.port, pid: process.pid });
  } catch (error) {
    const known = isContainrError(error) ? error : undefined;
    log(known?.message ?? String(error), { code: known?.code ?? 'INTERNAL', hint: known?.hint });
    process.exit(exitCodes[known?.code ?? 'INTERNAL'] ?? exitCodes.INTERNAL);
  }
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isContainrError } from '@containr/sdk';
import { exitCodes } from '../router/exit-codes.ts';
import { Router } from '../router/router.ts';

/** Longest wait for requests in flight when told to end. */
const drainMs = 10_000;

function log(message: string, fields: Record<string, unknown> = {}): void {
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), message, ...fields })}\n`);
}

function required(values: Record<string, string | undefined>, name: string): string {
  const value = values[name];
  if (value) return value;
  log(`--${name} is missing`);
  process.exit(exitCodes.USAGE);
}

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    host: { type: 'string' },
    socket: { type: 'string' },
    state: { type: 'string' },
  },
});
const router = new Router({
  port: Number(required(values, 'port')),
  host: required(values, 'host'),
  socket: required(values, 'socket'),
  state: required(values, 'state'),
  version: createHash('sha256')
    .update(readFileSync(fileURLToPath(import.meta.url)))
    .digest('hex'),
});

let ending = false;
function end(signal: string): void {
  if (ending) return;
  ending = true;
  log('ending', { signal });
  void router.stop(drainMs).then(() => process.exit(0));
}

// A closed terminal or a control plane that ended is no reason to stop serving.
process.on('SIGHUP', () => undefined);
process.on('SIGTERM', end).on('SIGINT', end);
// Requests are independent of each other and of the table: one that breaks must not take the others along.
process.on('uncaughtException', (error) =>
  log('a request failed in an unforeseen way', { error: String(error), stack: error.stack }),
);
process.on('unhandledRejection', (error) => log('a request failed in an unforeseen way', { error: String(error) }));

try {
  await router.start();
  log('listening', { port: router.port, pid: process.pid });
} catch (error) {
  const known = isContainrError(error) ? error : undefined;
  log(known?.message ?? String(error), { code: known?.code ?? 'INTERNAL', hint: known?.hint });
  process.exit(exitCodes[known?.code ?? 'INTERNAL'] ?? exitCodes.INTERNAL);
}

import { isContainrError } from '@containr/sdk';
import type { Agent } from './agent.ts';
import { startAgent } from './agent.ts';
import { readOptions } from './options.ts';

const stopMs = 15_000;
const giveUp = new AbortController();
let started: Promise<Agent> | undefined;
let stopping = false;

function stop(): void {
  if (stopping) return;
  stopping = true;
  giveUp.abort();
  setTimeout(() => process.exit(1), stopMs).unref();
  void (started ?? Promise.resolve(null))
    .then((agent) => agent?.stop())
    .then(
      () => process.exit(0),
      () => process.exit(1),
    );
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
// A local agent does not outlive the control plane that started it.
process.on('disconnect', stop);

try {
  started = startAgent(readOptions(process.argv.slice(2)), giveUp.signal);
  const agent = await started;
  if (process.connected) process.send?.({ node: agent.node });
} catch (error) {
  if (!stopping) {
    process.stderr.write(
      isContainrError(error)
        ? `${error.code}: ${error.message} ${error.hint ?? ''}\n`
        : `${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exit(1);
  }
}

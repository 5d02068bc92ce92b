import { readOptions } from './options.ts';
import { createReporter } from './reporter.ts';
import { runControlPlane } from './run-control-plane.ts';
import { connectSupervisor } from './supervised.ts';

// A terminal sends its signals to us too; the supervisor says what they mean.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const reporter = createReporter(process.argv.includes('--json'));
const supervisor = await connectSupervisor();
try {
  await runControlPlane(readOptions(process.argv.slice(2), process.env), reporter, supervisor);
  process.exit(0);
} catch (error) {
  // Of a first start the person reads it here; of a later one the supervisor tells, because the install goes on.
  if (supervisor.beginning.reason === 'first') reporter.fail(error instanceof Error ? error : new Error(String(error)));
  await supervisor.failed(error);
  process.exit(1);
}

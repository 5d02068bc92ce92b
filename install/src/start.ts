import { runStart } from './run-start.ts';
import { readOptions } from './options.ts';
import { createReporter } from './reporter.ts';

const reporter = createReporter(process.argv.includes('--json'));
try {
  await runStart(readOptions(process.argv.slice(2), process.env), reporter);
} catch (error) {
  reporter.fail(error instanceof Error ? error : new Error(String(error)));
  process.exitCode = 1;
}

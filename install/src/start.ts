import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { releaseStartMemory } from './release-start-memory.ts';
import { createReporter } from './reporter.ts';
import { controlPlanes } from './supervisor/control-plane-process.ts';
import { followSignals } from './supervisor/signals.ts';
import { Supervisor } from './supervisor/supervisor.ts';

// Nothing of the kernel is loaded here: this process stays small, and only what is on disk then runs after a restart.
const reporter = createReporter(process.argv.includes('--json'));
const program = fileURLToPath(new URL(`./control-plane${extname(import.meta.url)}`, import.meta.url));
const supervisor = new Supervisor({
  start: controlPlanes(program, process.argv.slice(2)),
  note: (text) => reporter.note(text),
  fail: ({ code, detail, hint }) => reporter.fail(Object.assign(new Error(detail), { code, hint: hint ?? undefined })),
});
followSignals({
  stop: () => supervisor.stop(),
  restart() {
    const refusal = supervisor.restart('SIGHUP');
    if (refusal) reporter.note(refusal.detail);
  },
});
// Development tells us of each change; one that comes while another is taken over has its turn after that.
process.on('message', function change(message: unknown): void {
  if (message === 'restart' && supervisor.restart('a changed source')) setTimeout(() => change(message), 500).unref();
});
supervisor.begin();
releaseStartMemory({ afterMs: 3000, times: 1 });
process.exit(await supervisor.over);

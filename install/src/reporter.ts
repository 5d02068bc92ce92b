import type { ContainrError } from '@containr/sdk';

/** What the person or program that started us is told. */
export interface Reporter {
  /** Runs a step and says how long it takes once it is over a second. */
  step<T>(name: string, title: string, work: () => Promise<T>): Promise<T>;
  ready(event: { dashboard: string; setup: string | null; sample: string | null; api: string }): void;
  note(text: string): void;
  fail(error: ContainrError | Error): void;
}

/** Makes a reporter: sentences for people on stderr, or JSON objects on stdout, one a line. */
export function createReporter(json: boolean): Reporter {
  const emit = (event: Record<string, unknown>, text: string): void => {
    if (json) process.stdout.write(`${JSON.stringify(event)}\n`);
    else process.stderr.write(`${text}\n`);
  };
  return {
    async step(name, title, work) {
      const begun = Date.now();
      const seconds = (): number => Math.round((Date.now() - begun) / 100) / 10;
      let told = false;
      const timer = setInterval(() => {
        emit(
          { event: 'step', step: name, status: 'running', seconds: seconds() },
          `  ${title} … ${told ? `${Math.round(seconds())} s` : ''}`.trimEnd(),
        );
        told = true;
      }, 1000);
      try {
        const result = await work();
        if (told)
          emit({ event: 'step', step: name, status: 'done', seconds: seconds() }, `  ${title}: done in ${seconds()} s`);
        return result;
      } finally {
        clearInterval(timer);
      }
    },
    ready(event) {
      const lines = ['', `  Dashboard  ${event.dashboard}`];
      if (event.setup) lines.push(`  Set up     ${event.setup}   (works once)`);
      if (event.sample) lines.push(`  Sample     ${event.sample}`);
      lines.push('', '  Ctrl-C stops Containr; deployed apps keep running.', '');
      emit({ event: 'ready', ...event }, lines.join('\n'));
    },
    note: (text) => emit({ event: 'note', text }, `  ${text}`),
    fail(error) {
      const { code, hint } = error as Partial<ContainrError>;
      emit(
        { event: 'error', code: code ?? 'INTERNAL', detail: error.message, hint: hint ?? null },
        `\n  ${error.message}${hint ? `\n  ${hint}` : ''}\n`,
      );
    },
  };
}

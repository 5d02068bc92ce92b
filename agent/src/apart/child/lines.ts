import type { Output } from '../protocol.ts';

const flushMs = 20;
const mostLines = 500;
/** Longer ones are cut by the agent too. */
const longestLine = 20_000;

/** Lines of one run on their way to the agent: a message carries as many as came in a moment. */
export class Lines {
  readonly #run: number;
  readonly #send: (output: Output) => void;
  #stream: Output['stream'] = 'stdout';
  #waiting: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(run: number, send: (output: Output) => void) {
    this.#run = run;
    this.#send = send;
  }

  write(text: string, stream: Output['stream']): void {
    if (stream !== this.#stream) this.flush();
    this.#stream = stream;
    for (const line of text.split('\n')) {
      this.#waiting.push(line.slice(0, longestLine));
      if (this.#waiting.length >= mostLines || line.length >= longestLine) this.flush();
    }
    this.#timer ??= setTimeout(() => this.flush(), flushMs);
  }

  /** Sends what waits. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    this.#send({ run: this.#run, stream: this.#stream, lines: this.#waiting.splice(0) });
  }
}

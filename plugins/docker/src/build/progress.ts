import { StringDecoder } from 'node:string_decoder';
import { statuses } from './messages.ts';
import type { Vertex } from './messages.ts';

const keptLines = 20;

/** Takes one line of a build's log. */
export type OnLine = (text: string, stream: 'stdout' | 'stderr' | 'system') => void;

/** The step that failed, and what it wrote last. */
export interface FailedStep {
  readonly name: string;
  readonly error: string;
  readonly lines: readonly string[];
}

interface Step {
  readonly name: string;
  said: boolean;
  ended: boolean;
  readonly rest: { stdout: string; stderr: string };
  readonly decoders: { readonly stdout: StringDecoder; readonly stderr: StringDecoder };
  readonly last: string[];
}

/** Turns BuildKit's status messages into lines in order: each step's name, what it wrote, how it ended. */
export class BuildProgress {
  readonly #onLine: OnLine;
  readonly #steps = new Map<string, Step>();
  #failed: FailedStep | null = null;

  constructor(onLine: OnLine) {
    this.#onLine = onLine;
  }

  /** The first step that failed. */
  get failed(): FailedStep | null {
    return this.#failed;
  }

  /** Takes one encoded status message. */
  take(encoded: Uint8Array): void {
    const update = statuses.decode(encoded);
    for (const vertex of update.vertexes) this.#begin(vertex);
    for (const log of update.logs) this.#write(log.vertex, log.stream === 2 ? 'stderr' : 'stdout', log.msg);
    for (const vertex of update.vertexes) this.#end(vertex);
  }

  #begin(vertex: Vertex): void {
    const step = this.#steps.get(vertex.digest) ?? newStep(vertex.name);
    this.#steps.set(vertex.digest, step);
    if (step.said || vertex.started === null || isInternal(step)) return;
    step.said = true;
    this.#onLine(step.name, 'system');
  }

  #write(digest: string, stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    const step = this.#steps.get(digest);
    if (!step) return;
    const lines = (step.rest[stream] + step.decoders[stream].write(Buffer.from(bytes))).split('\n');
    step.rest[stream] = lines.pop() ?? '';
    for (const line of lines) this.#say(step, line, stream);
  }

  #say(step: Step, line: string, stream: 'stdout' | 'stderr'): void {
    // A progress bar draws over itself: what stood last is the line.
    const text = line.replace(/\r+$/, '').split('\r').at(-1) ?? '';
    step.last.push(text);
    if (step.last.length > keptLines) step.last.shift();
    this.#onLine(text, stream);
  }

  #end(vertex: Vertex): void {
    const step = this.#steps.get(vertex.digest);
    if (!step || step.ended || vertex.completed === null) return;
    step.ended = true;
    for (const stream of ['stdout', 'stderr'] as const)
      if (step.rest[stream] !== '') this.#say(step, step.rest[stream], stream);
    if (vertex.error !== '') this.#failed ??= { name: step.name, error: vertex.error, lines: step.last };
    else if (vertex.cached && !isInternal(step)) this.#onLine('… from cache', 'system');
  }
}

function newStep(name: string): Step {
  return {
    name,
    said: false,
    ended: false,
    rest: { stdout: '', stderr: '' },
    decoders: { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') },
    last: [],
  };
}

function isInternal(step: Step): boolean {
  return step.name.startsWith('[internal]');
}

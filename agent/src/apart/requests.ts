import type { Owned, Scope } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { TaskIo } from '@containr/sdk/agent';
import type { Incoming, Peer } from '@containr/cell';
import { Allowance, ownName } from '@containr/cell';
import type { Half } from '@containr/sdk/wire';
import type { ApartHost } from './host.ts';
import type { Data, RequestOp } from './protocol.ts';
import { Output, requests } from './protocol.ts';
import type { Run } from './protocol.ts';

const mostRegistrations = 100;
const mostFetched = 8;
const connectMs = 60_000;
const largestReport = 64 * 1024;
const reportsAtOnce = 16;
const reportsASecond = 20;
const reportBurst = 100;
const pieceBytes = 1_048_576;
const runsAtOnce = 64;
const droppingMs = 1_000;
const cancelledMs = 2_000;
/** Bytes of lines that all of its tasks may write, which lie on the node's disk for an hour. */
const writtenBurst = 8 * 1_048_576;
const writtenASecond = 256 * 1024;

/** What one process of a half may do, and what it did: everything that it registers is owned by `scope`. */
export class Requests {
  readonly #host: ApartHost;
  readonly #half: Half;
  readonly #scope: Scope;
  readonly #peer: () => Peer;
  readonly #violated: (what: string) => void;
  readonly #owned = new Map<number, Owned>();
  readonly #outputs = new Map<number, (text: string, stream: Output['stream']) => void>();
  readonly #bodies = new Map<number, AsyncIterator<unknown>>();
  #last = 0;
  #reporting = 0;
  #dropping = false;
  readonly #reports = new Allowance(reportBurst, reportsASecond);
  readonly #written = new Allowance(writtenBurst, writtenASecond);

  constructor(host: ApartHost, half: Half, scope: Scope, peer: () => Peer, violated: (what: string) => void) {
    this.#host = host;
    this.#half = half;
    this.#scope = scope;
    this.#peer = peer;
    this.#violated = violated;
    scope.own('bodies', () => {
      for (const body of this.#bodies.keys()) this.#drop(body);
    });
  }

  /** Answers what the child asks; every request passes its schema, and what it may not is refused. */
  async answer(call: Incoming): Promise<unknown> {
    if (!Object.hasOwn(requests, call.op)) {
      this.#violated(`asks for "${call.op.slice(0, 60)}", which is no operation`);
      throw refused('NOT_FOUND', 404, 'There is no such operation.');
    }
    const op = call.op as RequestOp;
    let data: unknown;
    try {
      data = validate(requests[op], call.data, `The request ${op} of ${this.#half.plugin}`);
    } catch (error) {
      this.#violated(`asks for "${op}" with data that its schema refuses`);
      throw error;
    }
    this.#scope.signal.throwIfAborted();
    switch (op) {
      case 'capability':
        return this.#serve(data as Data<'capability'>);
      case 'connect':
        return this.#connect(data as Data<'connect'>);
      case 'unregister':
        return this.#unregister(data as Data<'unregister'>);
      case 'report':
        return this.#report(data as Data<'report'>, call.signal);
      case 'fetch':
        return this.#fetch(data as Data<'fetch'>, call.signal);
      case 'body.next':
        return this.#next(data as Data<'body.next'>);
    }
  }

  /** Takes what the child tells: lines of runs that are under way in it. */
  notified(op: string, data: unknown): void {
    if (op !== 'output') return this.#violated(`tells "${op.slice(0, 60)}", which is no notice`);
    try {
      const { run, stream, lines } = validate<Output>(Output, data, 'Lines of a run');
      const write = this.#outputs.get(run);
      // Of a run that was given up it may not know yet; of one that never was it can't.
      if (run > this.#last) return this.#violated(`writes for the run ${run}, which it was not asked for`);
      for (const line of lines) this.#write(line, stream, write);
    } catch (error) {
      this.#violated(`tells "${op}" in a way that is refused: ${error instanceof Error ? error.message : ''}`);
    }
  }

  #write(
    line: string,
    stream: Output['stream'],
    write: ((text: string, stream: Output['stream']) => void) | undefined,
  ) {
    if (!write || this.#dropping) return;
    if (this.#written.take(line.length + 1)) return write(line, stream);
    this.#dropping = true;
    write(`More lines are dropped for a while: ${this.#half.plugin} writes too many`, 'system');
    setTimeout(() => (this.#dropping = false), droppingMs).unref();
  }

  #serve({ ref, name, timeoutMs }: Data<'capability'>): void {
    const { plugin, apart } = this.#half;
    const work = async (input: unknown, io: TaskIo): Promise<unknown> => {
      if (this.#outputs.size >= runsAtOnce)
        throw refused(
          'PLUGIN_BUSY',
          429,
          `${plugin} works at ${runsAtOnce} calls and tasks, which is as many as it may.`,
        );
      const run = (this.#last += 1);
      this.#outputs.set(run, (text, stream) => io.output(text, stream));
      try {
        const data = { input, task: io.task, run } satisfies Run;
        const answer = await this.#invoke(ref, data, io.signal);
        // What gives nothing gives `null`: an outcome without an output is none.
        return (Object(answer as object | null) as { output?: unknown }).output ?? null;
      } finally {
        this.#outputs.delete(run);
      }
    };
    // For its own server half under a name that no other plugin has; for all others only where that was granted.
    const names = [ownName(plugin, name), ...(apart?.provides.includes(name) === true ? [name] : [])];
    this.#own(ref, `capability ${name}`, () => {
      const ends = names.map((one) => this.#host.serve(this.#scope, { name: one, timeoutMs }, work));
      return () => ends.forEach((end) => end());
    });
  }

  /** Runs a handler. One that is cancelled may clean up, write its last lines and end by itself, shortly. */
  async #invoke(ref: number, data: Run, signal: AbortSignal): Promise<unknown> {
    const given = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      this.#peer().notify('cancel', { run: data.run });
      timer = setTimeout(() => given.abort(signal.reason), cancelledMs);
    };
    signal.throwIfAborted();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await this.#peer().call('invoke', { ref, data }, given.signal);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
    }
  }

  #connect({ ref }: Data<'connect'>): void {
    this.#own(ref, 'on connect', () =>
      this.#host.onConnect(this.#scope, async () => {
        await this.#peer().call('invoke', { ref, data: null }, AbortSignal.timeout(connectMs));
      }),
    );
  }

  #own(ref: number, label: string, begin: () => () => void): void {
    if (this.#owned.has(ref) || this.#owned.size >= mostRegistrations)
      throw refused('REGISTRATION_REFUSED', 403, `The registration ${ref} is there already, or there are too many.`);
    this.#owned.set(ref, this.#scope.own(label, begin()));
  }

  async #unregister({ ref }: Data<'unregister'>): Promise<void> {
    await this.#owned.get(ref)?.dispose();
    this.#owned.delete(ref);
  }

  async #report({ name, payload }: Data<'report'>, signal: AbortSignal): Promise<void> {
    const { plugin } = this.#half;
    if (JSON.stringify(payload).length > largestReport)
      throw refused('TOO_LARGE', 413, `A report of an isolated plugin has at most ${largestReport} bytes.`);
    if (this.#reporting >= reportsAtOnce || !this.#reports.take())
      throw refused('PLUGIN_BUSY', 429, `${plugin} reports more than ${reportsASecond} times a second.`);
    this.#reporting += 1;
    try {
      await this.#host.report(ownName(plugin, name), payload, AbortSignal.any([signal, this.#scope.signal]));
    } finally {
      this.#reporting -= 1;
    }
  }

  async #fetch({ path }: Data<'fetch'>, signal: AbortSignal): Promise<{ body: number }> {
    const { plugin, apart } = this.#half;
    // As the server will read it: dots and escapes are resolved before it is looked at.
    const { pathname, search } = new URL(path, 'http://control-plane');
    const [, api, version, segment = ''] = pathname.split('/');
    if (api !== 'api' || version !== 'v1' || !apart?.segments.includes(segment))
      throw refused('FETCH_REFUSED', 403, `The half of ${plugin} may only ask paths of its own plugin.`);
    if (this.#bodies.size >= mostFetched)
      throw refused('PLUGIN_BUSY', 429, `${plugin} has ${mostFetched} answers open that it did not read to their end.`);
    const stream = await this.#host.fetch(`${pathname}${search}`, AbortSignal.any([signal, this.#scope.signal]));
    const body = (this.#last += 1);
    this.#bodies.set(body, stream[Symbol.asyncIterator]());
    return { body };
  }

  async #next({ body }: Data<'body.next'>): Promise<unknown> {
    const iterator = this.#bodies.get(body);
    if (!iterator) throw refused('NOT_FOUND', 404, `There is no open stream ${body}.`);
    const step = await iterator.next();
    const value: unknown = step.value;
    if (step.done !== true && value instanceof Uint8Array && value.byteLength <= pieceBytes) return value;
    this.#drop(body);
    if (step.done === true) return null;
    throw refused('TOO_LARGE', 413, 'A piece of the answer is too large.');
  }

  #drop(body: number): void {
    const iterator = this.#bodies.get(body);
    this.#bodies.delete(body);
    void Promise.resolve(iterator?.return?.()).catch(() => undefined);
  }
}

function refused(code: string, status: number, detail: string): ContainrError {
  return new ContainrError({ code, status, detail, hint: 'This is a fault of the plugin: report it.' });
}

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { ContainrError } from '@containr/sdk';

/** Longest wait for the answer to one command. */
const answerMs = 10_000;
/** What HAProxy ends each answer with in prompt mode; no answer of its own has a line that begins so. */
const prompt = '\n> ';
/** What it says while it takes lines of payload. */
const payloadPrompts = /^(?:\s*\+ )+/;

function down(cause: unknown): ContainrError {
  return new ContainrError({
    code: 'HAPROXY_SILENT',
    status: 503,
    detail: 'HAProxy does not answer on its stats socket.',
    hint: "Look at its output in the plugin's folder on the node; it is started again by itself when it died.",
    cause,
  });
}

/** HAProxy's Runtime API over one connection that stays: commands go one after another. */
export class RuntimeApi {
  readonly #socket: Socket;
  #buffer = '';
  #answered: ((text: string) => void) | undefined;
  #failed: ((error: unknown) => void) | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #ended: unknown = undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.#buffer += text;
      if (!this.#buffer.endsWith(prompt)) return;
      const answer = this.#buffer.slice(0, -prompt.length).replace(payloadPrompts, '');
      this.#buffer = '';
      this.#answered?.(answer);
    });
    socket.once('error', (error) => this.#end(error)).once('close', () => this.#end(new Error('the connection ended')));
  }

  /** Opens one. Throws `HAPROXY_SILENT`. */
  static async open(path: string): Promise<RuntimeApi> {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
    } catch (error) {
      throw down(error);
    }
    const api = new RuntimeApi(socket);
    await api.ask('prompt');
    return api;
  }

  /** Whether its connection is open. */
  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /** Gives a command, with lines of payload where it takes some, and answers what it said. Throws `HAPROXY_SILENT`. */
  ask(command: string, payload?: readonly string[]): Promise<string> {
    const text = payload === undefined ? `${command}\n` : `${command} <<\n${payload.join('\n')}\n\n`;
    const turn = this.#queue.then(() => this.#exchange(text));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Gives a command that says nothing, or only what `fine` matches, when it was done. Throws `HAPROXY_REFUSED`, `HAPROXY_SILENT`. */
  async must(command: string, payload?: readonly string[], fine = /^$/): Promise<void> {
    const said = (await this.ask(command, payload)).trim();
    if (fine.test(said)) return;
    throw new ContainrError({
      code: 'HAPROXY_REFUSED',
      status: 502,
      detail: `HAProxy refused "${command.slice(0, 120)}": ${said.slice(0, 300)}`,
      hint: 'Its configuration is written anew at its next start; see that nobody else changes it.',
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #exchange(text: string): Promise<string> {
    if (this.#ended !== undefined) return Promise.reject(down(this.#ended));
    return new Promise<string>((resolve, reject) => {
      const late = setTimeout(() => this.#socket.destroy(new Error(`no answer within ${answerMs} ms`)), answerMs);
      this.#answered = (answer) => {
        clearTimeout(late);
        resolve(answer);
      };
      this.#failed = (error) => {
        clearTimeout(late);
        reject(down(error));
      };
      this.#socket.write(text);
    }).finally(() => {
      this.#answered = undefined;
      this.#failed = undefined;
    });
  }

  #end(error: unknown): void {
    this.#ended ??= error;
    this.#failed?.(error);
  }
}

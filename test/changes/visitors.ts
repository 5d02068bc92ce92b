import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** How visitors reach an app. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
}

/** What the visitors saw, since they began. */
export interface Seen {
  sent: number;
  sockets: number;
  readonly failures: string[];
}

const answerMs = 20_000;
const socketLifeMs = 3000;
const socketBeatMs = 300;

type Kind = 'plain' | 'slow' | 'stream' | 'post';

/** Of a hundred requests two take two seconds, one is a stream of four, ten send a body. */
function kindOf(sequence: number): Kind {
  if (sequence % 100 === 7) return 'stream';
  if (sequence % 50 === 3) return 'slow';
  return sequence % 10 === 5 ? 'post' : 'plain';
}

/** Opens connections of its own to one address and keeps them; nothing is tried twice. */
class Visitor {
  readonly #address: Address;
  readonly #agent: PlainAgent | SecureAgent;

  constructor(address: Address) {
    this.#address = address;
    const options = { keepAlive: true, maxSockets: 128 };
    this.#agent = address.isSecure ? new SecureAgent(options) : new PlainAgent(options);
  }

  #request(path: string, method: string): ClientRequest {
    const { host, port, isSecure } = this.#address;
    const options = { agent: this.#agent, host: '127.0.0.1', port, path, method, headers: { host } };
    return isSecure
      ? secureRequest({ ...options, servername: host, rejectUnauthorized: false })
      : plainRequest(options);
  }

  /** One request; rejects with what was wrong with its answer. */
  ask(kind: Kind): Promise<string> {
    const path = kind === 'slow' ? '/slow' : kind === 'stream' ? '/stream' : '/';
    const body = kind === 'post' ? 'x'.repeat(2000) : undefined;
    return new Promise((resolve, reject) => {
      const request = this.#request(path, body === undefined ? 'GET' : 'POST');
      const late = setTimeout(() => request.destroy(new Error(`no whole answer in ${answerMs} ms`)), answerMs);
      const fail = (error: Error): void => {
        clearTimeout(late);
        reject(new Error(`${kind}: ${error.message}`));
      };
      request.once('error', fail).once('response', (response: IncomingMessage) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.once('error', fail).once('end', () => {
          clearTimeout(late);
          const whole =
            kind === 'post' ? text === body : kind === 'stream' ? text.endsWith('end') : /^v\d+ /.test(text);
          if (response.statusCode === 200 && whole) resolve(text);
          else fail(new Error(`status ${response.statusCode}: ${text.slice(0, 120)}`));
        });
      });
      request.end(body);
    });
  }

  /** A socket that lives for three seconds and is answered all the while. */
  async socket(): Promise<void> {
    const { host, port, isSecure } = this.#address;
    const socket = new WebSocket(`${isSecure ? 'wss' : 'ws'}://127.0.0.1:${port}/`, {
      headers: { host },
      servername: host,
      rejectUnauthorized: false,
    });
    let closing = false;
    const broken = new Promise<never>((_resolve, reject) => {
      socket.once('error', (error) => reject(new Error(`socket: ${error.message}`)));
      socket.once('close', (code) => closing || reject(new Error(`socket: closed by the other side (${code})`)));
    });
    broken.catch(() => undefined);
    const until = (event: string): Promise<unknown> =>
      Promise.race([
        broken,
        new Promise((resolve) => socket.once(event, resolve)),
        pause(answerMs, undefined, { ref: false }).then(() =>
          Promise.reject(new Error(`socket: no ${event} in ${answerMs} ms`)),
        ),
      ]);
    await until('open');
    for (const end = Date.now() + socketLifeMs; Date.now() < end;) {
      const answered = until('message');
      socket.send('beat');
      await answered;
      await Promise.race([broken, pause(socketBeatMs)]);
    }
    closing = true;
    socket.terminate();
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** People who ask at a fixed rate whether or not they are answered (open loop), in turn at each address, and keep some sockets open. */
export function sendVisitors(addresses: readonly Address[], perSecond: number, sockets: number) {
  const visitors = addresses.map((address) => new Visitor(address));
  const seen: Seen = { sent: 0, sockets: 0, failures: [] };
  const open = new Set<Promise<void>>();
  const begun = performance.now();
  let going = true;
  const note = (error: unknown): void =>
    void seen.failures.push(
      `at ${Math.round(performance.now() - begun)} ms: ${error instanceof Error ? error.message : String(error)}`,
    );
  const timer = setInterval(() => {
    for (const due = ((performance.now() - begun) / 1000) * perSecond; seen.sent < due; seen.sent += 1) {
      const visitor = visitors[seen.sent % visitors.length];
      const one: Promise<void> = Promise.resolve(visitor?.ask(kindOf(Math.floor(seen.sent / visitors.length))))
        .then(() => undefined, note)
        .finally(() => open.delete(one));
      open.add(one);
    }
  }, 5);
  const listening = Array.from({ length: sockets }, async (_, at) => {
    await pause((socketLifeMs / sockets) * at);
    while (going) {
      await visitors[at % visitors.length]?.socket().catch(note);
      seen.sockets += 1;
    }
  });
  return {
    seen,
    /** What each address says now, asked once. */
    saying: (): Promise<readonly string[]> => Promise.all(visitors.map((visitor) => visitor.ask('plain'))),
    async stop(): Promise<Seen> {
      going = false;
      clearInterval(timer);
      await Promise.all([...open, ...listening]);
      for (const visitor of visitors) visitor.close();
      return seen;
    },
  };
}

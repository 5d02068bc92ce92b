import { Agent, request } from 'node:http';

/** An answer, with how it was read. */
export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** What is asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
}

/** Asks a platform again and again over connections that stay open; a stream is read for a moment and left. */
export class Asker {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  readonly #port: number;

  constructor(origin: string) {
    this.#port = Number(new URL(origin).port);
  }

  ask(asked: Asked, stream = false): Promise<Got> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          path: asked.path,
          method: asked.method,
          headers: {
            ...asked.headers,
            ...(asked.body === null ? {} : { 'content-length': String(Buffer.byteLength(asked.body)) }),
          },
          agent: stream ? false : this.#agent,
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          const done = (): void =>
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              text: Buffer.concat(chunks).toString('utf8'),
            });
          incoming.on('data', (chunk: Buffer) => {
            chunks.push(chunk);
            if (stream && incoming.statusCode === 200) {
              done();
              outgoing.destroy();
            }
          });
          incoming.on('error', (error) => (stream ? done() : reject(error)));
          incoming.on('end', done);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(asked.body ?? undefined);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

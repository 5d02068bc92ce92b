import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { once } from 'node:events';

/** Counts how often commands that must not run twice really ran: each tells its name here. */
export class RunCounter {
  readonly port: number;
  readonly #server: Server;
  readonly #runs: Map<string, number>;

  private constructor(server: Server, port: number, runs: Map<string, number>) {
    this.#server = server;
    this.port = port;
    this.#runs = runs;
  }

  static async start(): Promise<RunCounter> {
    const runs = new Map<string, number>();
    const server = createServer((request, response) => {
      const name = request.url ?? '';
      runs.set(name, (runs.get(name) ?? 0) + 1);
      response.end();
    });
    await once(server.listen(0), 'listening');
    const address = server.address();
    return new RunCounter(server, typeof address === 'object' && address ? address.port : 0, runs);
  }

  /** What ran since this was asked last, and how often. */
  since(): readonly (readonly [name: string, count: number])[] {
    const runs = [...this.#runs];
    this.#runs.clear();
    return runs;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

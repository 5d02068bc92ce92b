import { createServer } from 'node:net';
import { ContainrError } from '@containr/sdk';

// Below the range from which kernels take ports for outgoing connections.
const lowest = 21_000;
const count = 11_000;

/** Hands out ports that nobody on this node listens on or was promised. */
export class Ports {
  readonly #promised = new Set<number>();
  #next = Math.floor(Math.random() * count);

  /** A free port; `taken` are those of known replicas. Throws `NO_NODE_FITS` when none is left. */
  async take(taken: ReadonlySet<number>): Promise<number> {
    for (let tries = 0; tries < count; tries += 1) {
      this.#next = (this.#next + 1) % count;
      const port = lowest + this.#next;
      if (taken.has(port) || this.#promised.has(port)) continue;
      this.#promised.add(port);
      if (await isFree(port)) return port;
      this.#promised.delete(port);
    }
    throw new ContainrError({
      code: 'NO_NODE_FITS',
      status: 503,
      detail: `No port between ${lowest} and ${lowest + count} is free on this node.`,
      hint: 'Stop services or add a node.',
    });
  }

  /** The port is known by its replica's record now, or no longer needed. */
  release(port: number): void {
    this.#promised.delete(port);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

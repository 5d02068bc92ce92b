import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A Redis of a test's own. */
export interface TestRedis {
  readonly url: string;
  /** Kills it; what it held is lost. */
  kill(): Promise<void>;
  /** Starts it again where it was. */
  start(): Promise<void>;
}

/** Whether the machine has the program. */
export const redisIsHere = spawnSync('redis-server', ['--version']).status === 0;

/** Starts one on a free port. */
export async function startRedis(): Promise<TestRedis> {
  const port = await freePort();
  const argv = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  let child = run(argv);
  await answering(child);
  return {
    url: `redis://127.0.0.1:${port}`,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    async start() {
      child = run(argv);
      await answering(child);
    },
  };
}

function run(argv: readonly string[]) {
  return spawn('redis-server', argv, { stdio: ['ignore', 'pipe', 'ignore'] });
}

async function answering(child: ReturnType<typeof run>): Promise<void> {
  let text = '';
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes('Ready to accept connections')) break;
  }
  if (!text.includes('Ready to accept connections')) throw new Error(`Redis did not start: ${text}`);
  child.stdout.resume();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

import { Agent, request } from 'node:http';

/** A client that asks at a steady rate whatever the answers do, with keep-alive and without retries. */
export interface OpenLoop {
  stop(): Promise<{ sent: number; failed: string[]; seen: Set<string> }>;
}

/** Starts asking `host` through a port; every nth request is for `/slow`. */
export function openLoop(options: { port: number; host: string; perSecond: number; slowEvery: number }): OpenLoop {
  const agent = new Agent({ keepAlive: true });
  const failed: string[] = [];
  const seen = new Set<string>();
  const open = new Set<Promise<void>>();
  let sent = 0;

  function one(path: string): Promise<void> {
    return new Promise((resolve) => {
      const fail = (error: Error): void => {
        failed.push(`${path}: ${error.message}`);
        resolve();
      };
      const outgoing = request(
        { host: '127.0.0.1', port: options.port, path, agent, headers: { host: options.host } },
        (incoming) => {
          let body = '';
          incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
          incoming.on('error', fail);
          incoming.on('end', () => {
            if (incoming.statusCode === 200) seen.add(body);
            else failed.push(`${path}: ${incoming.statusCode ?? 0} ${body.slice(0, 100)}`);
            resolve();
          });
        },
      );
      outgoing.on('error', fail).end();
    });
  }

  const timer = setInterval(() => {
    const asked = one(++sent % options.slowEvery === 0 ? '/slow' : '/');
    open.add(asked);
    void asked.then(() => open.delete(asked));
  }, 1000 / options.perSecond);

  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
      return { sent, failed, seen };
    },
  };
}

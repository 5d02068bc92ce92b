import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { Agent, createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RouteTable, Upstream } from '@containr/sdk/contracts';
import { createControl, listenAt } from '@containr/sdk/ingress';
import { Router } from '../src/router/router.ts';

export interface Replica {
  readonly upstream: Upstream;
  readonly server: Server;
}

/** A router on a free port, and what is needed to put replicas behind it. */
export interface Bench {
  readonly router: Router;
  readonly directory: string;
  readonly agent: Agent;
  replica(listener: RequestListener): Promise<Replica>;
  /** Points `app.localhost` to these upstreams. */
  point(...upstreams: Upstream[]): Promise<void>;
  stop(): Promise<void>;
}

export function tableOf(revision: number, upstreams: readonly Upstream[], path = '/'): RouteTable {
  return {
    revision,
    routes: [
      { host: 'app.localhost', path, service: randomUUID(), deployment: randomUUID(), upstreams: [...upstreams] },
    ],
  };
}

export async function startBench(): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'router-'));
  const router = new Router({
    port: 0,
    host: '127.0.0.1',
    socket: join(directory, 'r.sock'),
    state: join(directory, 'table.json'),
    version: 'test',
    isShared: false,
  });
  await router.start();
  const control = createControl(router, () => Promise.resolve());
  await listenAt(control, join(directory, 'r.sock'));
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const servers: Server[] = [];
  let revision = 0;
  return {
    router,
    directory,
    agent,
    async replica(listener) {
      const server = createServer(listener).listen(0, '127.0.0.1');
      await once(server, 'listening');
      servers.push(server);
      const { port } = server.address() as AddressInfo;
      return { server, upstream: { replica: randomUUID(), node: 'test', address: '127.0.0.1', port } };
    },
    async point(...upstreams) {
      await router.apply(tableOf(++revision, upstreams));
    },
    async stop() {
      agent.destroy();
      control.close();
      control.closeAllConnections();
      await router.stop(500);
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
      await rm(directory, { recursive: true });
    },
  };
}

export interface Got {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** One request through the router, with a Host header of its own. */
export async function ask(
  bench: Bench,
  path: string,
  options: {
    method?: string;
    host?: string;
    headers?: Record<string, string>;
    body?: string | Buffer | AsyncIterable<Buffer | string>;
  } = {},
): Promise<Got> {
  const request = httpRequest({
    agent: bench.agent,
    host: '127.0.0.1',
    port: bench.router.port,
    path,
    method: options.method ?? 'GET',
    headers: { host: options.host ?? 'app.localhost', ...options.headers },
  });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  if (options.body !== undefined && typeof options.body !== 'string' && !Buffer.isBuffer(options.body)) {
    for await (const part of options.body) request.write(part);
    request.end();
  } else request.end(options.body);
  const [response] = await answered;
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

/** Sends bytes as they are and gives all that comes back until the router closes, or `until` is in it. */
export async function raw(bench: Bench, text: string, until?: string): Promise<string> {
  const socket = connect(bench.router.port, '127.0.0.1');
  socket.write(text, 'latin1');
  let got = '';
  for await (const chunk of socket.setEncoding('latin1')) {
    got += String(chunk);
    if (until && got.includes(until)) break;
  }
  socket.destroy();
  return got;
}

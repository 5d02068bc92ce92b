import type { IncomingMessage } from 'node:http';
import { request as httpRequest, STATUS_CODES } from '@containr/sdk/node-http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Upstream } from '@containr/sdk/contracts';
import type { Answer } from '@containr/sdk/ingress';
import { answerBytes, upstreamDown } from '@containr/sdk/ingress';
import type { Head } from './request-head.ts';
import { requestHeaders, responseHeaders, schemeOf } from './request-head.ts';
import type { CompiledRoute } from './table.ts';
import type { Upstreams } from './upstreams.ts';

const connectTimeoutMs = 3000;
const answerTimeoutMs = 30_000;
const idleMs = 24 * 3600_000;
const maxTries = 4;

/** One upgrade on its way. */
export interface Handshake {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What the client sent after the head. */
  readonly rest: Buffer;
  readonly head: Head;
  readonly look: () => CompiledRoute | undefined;
  /** Called once with the answer of a replica; `null`: none answered. */
  readonly answered: (status: number | null) => void;
}

function headBytes(status: number, message: string, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${status} ${message || STATUS_CODES[status] || ''}\r\n`;
  for (let at = 0; at < headers.length; at += 2) text += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return `${text}\r\n`;
}

/** Refuses an upgrade with an answer of the ingress's own, and closes. */
export function refuseUpgrade(socket: Duplex, answer: Answer): void {
  socket.end(answerBytes(answer), 'latin1', () => socket.destroy());
}

function join(client: Duplex, upstream: Socket, leave: () => void): void {
  const end = (): void => {
    leave();
    client.destroy();
    upstream.destroy();
  };
  upstream.setNoDelay(true);
  upstream.setTimeout(idleMs, end);
  upstream.setKeepAlive(true, 60_000);
  client.on('error', end).on('close', end);
  upstream.on('error', end).on('close', end);
  client.pipe(upstream);
  upstream.pipe(client);
}

/**
 * Connects a client that asks for a WebSocket to a replica. Bytes pass unread only once the replica has agreed (101);
 * another answer is given to the client and the connection closed, so that nothing can be hidden behind a refused upgrade.
 */
export function tunnel(upstreams: Upstreams, handshake: Handshake): void {
  const { request, socket, rest, head } = handshake;
  const headers = [
    ...requestHeaders(request, head, schemeOf(request)),
    'connection',
    'Upgrade',
    'upgrade',
    request.headers.upgrade ?? 'websocket',
  ];
  const tried = new Set<string>();
  let tries = 0;
  let drop = (): void => undefined;
  socket.on('error', () => drop()).on('close', () => drop());

  function fail(): void {
    handshake.answered(null);
    refuseUpgrade(socket, upstreamDown(head.host));
  }

  function next(): void {
    const route = handshake.look();
    const upstream =
      route && tries < maxTries ? upstreams.pick(route, tried, request.socket.remoteAddress ?? '') : undefined;
    if (socket.destroyed) return;
    if (!upstream) return fail();
    tries++;
    connect(upstream);
  }

  function connect(upstream: Upstream): void {
    const leave = upstreams.enter(upstream);
    let connected = false;
    const outgoing = httpRequest({
      agent: false,
      host: upstream.address,
      port: upstream.port,
      method: request.method,
      path: head.target,
      headers,
      setHost: false,
    });
    const timer = setTimeout(() => outgoing.destroy(new Error('connect timeout')), connectTimeoutMs);
    drop = () => {
      clearTimeout(timer);
      leave();
      outgoing.destroy();
    };
    outgoing.once('socket', (connection) =>
      connection.once('connect', () => {
        connected = true;
        clearTimeout(timer);
        connection.setTimeout(answerTimeoutMs, () => outgoing.destroy(new Error('answer timeout')));
      }),
    );
    outgoing.once('upgrade', (answer, connection: Socket, first: Buffer) => {
      connection.removeAllListeners('timeout');
      const kept = [
        ...responseHeaders(answer.rawHeaders),
        'connection',
        'Upgrade',
        'upgrade',
        answer.headers.upgrade ?? 'websocket',
      ];
      handshake.answered(101);
      socket.write(headBytes(101, answer.statusMessage ?? '', kept), 'latin1');
      if (first.length > 0) socket.write(first);
      if (rest.length > 0) connection.write(rest);
      join(socket, connection, leave);
    });
    outgoing.once('response', (answer) => {
      handshake.answered(answer.statusCode ?? null);
      socket.write(
        headBytes(answer.statusCode ?? 502, answer.statusMessage ?? '', [
          ...responseHeaders(answer.rawHeaders),
          'connection',
          'close',
        ]),
        'latin1',
      );
      answer.pipe(socket);
      answer.once('close', leave);
    });
    outgoing.once('error', () => {
      clearTimeout(timer);
      leave();
      upstreams.tried(upstream, tried, !connected);
      if (!connected) next();
      else if (!socket.writableEnded) fail();
    });
    outgoing.end();
  }

  next();
}

import type { Logger, Socket } from '@containr/sdk';
import { isContainrError } from '@containr/sdk';
import type { FastifyInstance, RouteShorthandOptions } from 'fastify';
import type { RawData, WebSocket } from 'ws';
import { socketRefusal } from './access.ts';
import type { Authenticate } from './access.ts';
import type { DeclaredSocket } from './declared.ts';
import { errors } from './errors.ts';
import type { InFlight } from './in-flight.ts';
import type { Guard } from './mount.ts';
import { stillHolds, watchProof } from './proof-watch.ts';
import { apiBase, checksOf, fastifyPath } from './route.ts';

const waitingMessages = 64;
/** What may wait for a peer that does not read, in bytes, beside one message. */
const unreadBytes = 4 * 1_048_576;
const pingMs = 30_000;

/** Adds a WebSocket; its messages are pulled, so that a slow reader slows the sender down. */
export function addSocket(
  app: FastifyInstance,
  declared: DeclaredSocket,
  guard: Guard,
  inFlight: InFlight,
  log: Logger,
  authenticate: Authenticate,
  more: Pick<RouteShorthandOptions, 'preHandler' | 'onSend'> = {},
): void {
  app.get(
    apiBase + fastifyPath(declared.path),
    {
      ...checksOf({ querystring: declared.query }),
      websocket: true,
      exposeHeadRoute: false,
      onRequest: [guard, (request, _reply, done) => done(socketRefusal(request.containr))],
      ...more,
    },
    (peer, request) => {
      const forget = inFlight.stream(() => peer.close(1001, 'The plugin is going away: connect again'));
      const forgetProof = watchProof(stillHolds(request.containr, declared.access, authenticate), () =>
        peer.close(4000, errors.UNAUTHENTICATED('It has ended.').code),
      );
      declared.meter.enter();
      const ping = setInterval(() => peer.ping(), pingMs);
      peer.once('close', () => {
        forget();
        forgetProof();
        declared.meter.end();
        clearInterval(ping);
      });
      declared.open(adapt(peer), request.containr).then(
        () => peer.close(1000),
        (error: unknown) => {
          declared.meter.threw(error);
          if (!isContainrError(error))
            log.error({ error, path: declared.path, requestId: request.id }, 'A socket failed');
          peer.close(isContainrError(error) ? 4000 : 1011, isContainrError(error) ? error.code : 'INTERNAL');
        },
      );
    },
  );
}

function adapt(peer: WebSocket): Socket {
  const waiting: (string | Uint8Array)[] = [];
  let wake = (): void => undefined;
  peer.on('message', (data: RawData, binary: boolean) => {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
    waiting.push(binary ? bytes : bytes.toString('utf8'));
    if (waiting.length >= waitingMessages) peer.pause();
    wake();
  });
  peer.once('close', () => wake());
  async function* messages(): AsyncGenerator<string | Uint8Array> {
    while (true) {
      const next = waiting.shift();
      if (next !== undefined) {
        if (peer.isPaused) peer.resume();
        yield next;
      } else if (peer.readyState === peer.CLOSED) {
        return;
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  }
  return {
    send(data) {
      if (peer.readyState !== peer.OPEN) return;
      peer.send(data);
      if (peer.bufferedAmount > unreadBytes) peer.close(4000, errors.SOCKET_NOT_READ().code);
    },
    close: (code, reason) => peer.close(code ?? 1000, reason),
    messages: messages(),
  };
}

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from '@containr/sdk/node-http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import type { Answer } from '@containr/sdk/ingress';
import { answerBytes, badRequest } from '@containr/sdk/ingress';

const limits = {
  maxHeaderSize: 32 * 1024,
  headersTimeout: 15_000,
  requestTimeout: 0,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5000,
} as const;
const handshakeMs = 15_000;
const idleMs = 900_000;
const maxConnections = 20_000;

const protocolAnswers: Readonly<Record<string, Answer>> = {
  HPE_HEADER_OVERFLOW: badRequest('HEADERS_TOO_LARGE', 'The request headers are larger than 32 KiB.', 431),
  ERR_HTTP_REQUEST_TIMEOUT: badRequest('REQUEST_TIMEOUT', 'The request took too long to arrive.', 408),
};

/** What is done with what arrives. */
export interface FrontHandlers {
  serve(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void;
  upgrade(request: IncomingMessage, socket: Duplex, rest: Buffer): void;
  /** Whether a connection got its last answer already: what still arrives on it is not answered a second time. */
  isRefused(socket: Duplex): boolean;
}

/** What a connection to a host is secured with; `undefined`: there is no certificate for it. */
export type ContextFor = (host: string) => SecureContext | undefined;

/** A server for visitors with its limits: HTTP, or HTTPS where certificates are given. */
export function createFront(handlers: FrontHandlers, contextFor?: ContextFor): Server {
  const options = {
    ...limits,
    shouldUpgradeCallback: (request: IncomingMessage): boolean =>
      request.headers.upgrade?.toLowerCase() === 'websocket',
  };
  const server = contextFor
    ? createTlsServer({
        ...options,
        minVersion: 'TLSv1.2',
        handshakeTimeout: handshakeMs,
        SNICallback(name, done) {
          try {
            const context = contextFor(name.toLowerCase());
            if (context) done(null, context);
            else done(new Error(`There is no certificate for ${name}.`));
          } catch (error) {
            done(error instanceof Error ? error : new Error(String(error)));
          }
        },
      })
    : createServer(options);
  server.maxConnections = maxConnections;
  server.setTimeout(idleMs);
  server.on('request', (request: IncomingMessage, response: ServerResponse) =>
    handlers.serve(request, response, false),
  );
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
    handlers.serve(request, response, true),
  );
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, rest: Buffer) =>
    handlers.upgrade(request, socket, rest),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const answer =
      protocolAnswers[error.code ?? ''] ?? badRequest('REQUEST_INVALID', 'What arrived is not a valid HTTP request.');
    if (handlers.isRefused(socket)) socket.end(() => socket.destroy());
    else if (socket.writable && error.code !== 'ECONNRESET')
      socket.end(answerBytes(answer), 'latin1', () => socket.destroy());
    else socket.destroy();
  });
  return server;
}

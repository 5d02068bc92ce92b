import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { handleUnaryCall, Metadata, ServerDuplexStream, ServiceDefinition } from '@grpc/grpc-js';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { Engine } from '../engine.ts';
import type { ContextFile, ContextQuery } from './context-files.ts';
import { serveFiles } from './file-transfer.ts';
import {
  credentialsRequests,
  credentialsResponses,
  healthRequests,
  healthResponses,
  packets,
  secretRequests,
  secretResponses,
} from './messages.ts';
import type { Message, Packet } from './messages.ts';

/** What a builder may take from us during one build. */
export interface SessionOffer {
  /** Groups transfers of the same source: only what changed since the last one is sent. */
  readonly sharedKey: string;
  /** Entries of a named folder (`context`, `dockerfile`). */
  files(folder: string, query: ContextQuery): AsyncIterable<ContextFile> | Iterable<ContextFile>;
  /** A build secret; `null` when there is none of that name. */
  secret(id: string): Uint8Array | null;
}

/** A session that a build refers to. */
export interface Session {
  readonly id: string;
  close(): void;
}

/** Opens a BuildKit session: the engine calls back over one upgraded connection. Throws when the engine refuses. */
export async function openSession(engine: Engine, offer: SessionOffer): Promise<Session> {
  const id = randomBytes(12).toString('hex');
  const server = new Server({ 'grpc.max_receive_message_length': 64 * 1024 * 1024 });
  const methods = addServices(server, offer);
  const socket = await upgrade(engine, id, offer.sharedKey, methods);
  socket.on('error', () => undefined);
  server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection(socket);
  return {
    id,
    close() {
      server.forceShutdown();
      socket.destroy();
    },
  };
}

function addServices(server: Server, offer: SessionOffer): string[] {
  const definitions: ServiceDefinition = {
    DiffCopy: method('/moby.filesync.v1.FileSync/DiffCopy', packets, packets, true),
    Credentials: method('/moby.filesync.v1.Auth/Credentials', credentialsRequests, credentialsResponses, false),
    GetSecret: method('/moby.buildkit.secrets.v1.Secrets/GetSecret', secretRequests, secretResponses, false),
    Check: method('/grpc.health.v1.Health/Check', healthRequests, healthResponses, false),
  };
  const diffCopy = (call: ServerDuplexStream<Packet, Packet>): void => {
    const query = {
      excluded: values(call.metadata, 'exclude-patterns'),
      included: values(call.metadata, 'include-patterns'),
      followed: values(call.metadata, 'followpaths'),
      kept: [],
    };
    serveFiles(call, offer.files(values(call.metadata, 'dir-name')[0] ?? 'context', query)).catch((error: unknown) => {
      if (!call.cancelled) call.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  };
  const credentials: handleUnaryCall<{ Host: string }, { Username: string; Secret: string }> = (_call, answer) =>
    answer(null, { Username: '', Secret: '' });
  const getSecret: handleUnaryCall<{ ID: string }, { data: Uint8Array }> = (call, answer) => {
    const data = offer.secret(call.request.ID);
    if (data) answer(null, { data });
    else answer({ code: status.NOT_FOUND, details: `There is no variable ${call.request.ID}` });
  };
  const check: handleUnaryCall<{ service: string }, { status: number }> = (_call, answer) =>
    answer(null, { status: 1 });
  server.addService(definitions, { DiffCopy: diffCopy, Credentials: credentials, GetSecret: getSecret, Check: check });
  return Object.values(definitions).map((definition) => definition.path);
}

function method<I extends object, O extends object>(
  path: string,
  input: Message<I>,
  output: Message<O>,
  stream: boolean,
) {
  return {
    path,
    requestStream: stream,
    responseStream: stream,
    requestSerialize: input.encode,
    requestDeserialize: input.decode,
    responseSerialize: output.encode,
    responseDeserialize: output.decode,
  };
}

// Repeated values arrive joined in one text. Newer engines escape what is not plain ASCII and say so beside it.
function values(metadata: Metadata, key: string): string[] {
  const escaped = metadata.get(`${key}-encoded`).length > 0;
  const found = metadata.get(key).flatMap((value) => String(value).split(', '));
  return escaped ? found.map(decodeURIComponent) : found;
}

function upgrade(engine: Engine, id: string, sharedKey: string, methods: readonly string[]): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const request = engine.request(
      {
        method: 'POST',
        path: '/session',
        headers: {
          Connection: 'Upgrade',
          Upgrade: 'h2c',
          'X-Docker-Expose-Session-Uuid': id,
          'X-Docker-Expose-Session-Name': 'containr',
          'X-Docker-Expose-Session-Sharedkey': sharedKey,
          'X-Docker-Expose-Session-Grpc-Method': [...methods],
        },
      },
      (response) => {
        response.resume();
        reject(new Error(`The engine refused a build session with status ${response.statusCode}`));
      },
    );
    request.on('upgrade', (_response, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.on('error', reject);
    request.end();
  });
}

import type { Access, JSONSchema, PluginContext, RequestInfo, Socket } from '@containr/sdk';
import { isReply } from '@containr/sdk';
import { validate } from '@containr/sdk/validate';
import serializer from 'fast-json-stringify';
import type { Incoming, Peer } from '@containr/cell/channel';
import { ofRequest } from './principals.ts';
import type { Registry } from './registry.ts';

interface Sent {
  /** The host's number of the request. */
  readonly request: number;
  readonly info: Omit<RequestInfo, 'signal'> & { readonly lastEventId: string | null };
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly url: string;
  readonly method: string;
  /** The host's number of the request's body or socket. */
  readonly source: number | null;
}

/** `ctx.http` of a plugin in a process of its own: schemas are checked here, permissions and claims by the host. */
export function httpFacet(registry: Registry, peer: () => Peer, origin: string): PluginContext['http'] {
  return {
    origin,
    route(options) {
      const { method, path, summary, params, query, body, response, status } = options;
      const write = typeof response === 'object' ? compile(response) : null;
      return registry.add(
        'route',
        `route ${method} ${path}`,
        { method, path, summary, ...(status === undefined ? {} : { status }), ...accessOf(options) },
        async (sent: Sent, call) => {
          const request = {
            ...infoOf(sent, call),
            params: check(params, sent.params, 'The params', true),
            query: check(query, sent.query, 'The query', true),
            body: check(body, sent.body ?? (isObjectSchema(body) ? {} : undefined), 'The body', false),
          };
          const answer: unknown = await options.handler(request as never);
          const { body: content, ...rest } = isReply(answer) ? answer : { body: answer };
          return {
            ...rest,
            ...(content === undefined ? {} : { body: write ? (JSON.parse(write(content)) as unknown) : content }),
          };
        },
      );
    },
    raw(options) {
      return registry.add('raw', `raw ${options.path}`, { ...options }, async (sent: Sent, call) => {
        const info = { ...infoOf(sent, call), params: sent.params as Readonly<Record<string, string>> };
        const request = new Request(sent.url, {
          method: sent.method,
          headers: sent.info.headers,
          signal: call.signal,
          ...(sent.source === null ? {} : { body: bodyOf(peer(), sent.source), duplex: 'half' as const }),
        });
        const response = await options.handler(request, info);
        return {
          status: response.status,
          headers: [...response.headers],
          stream: response.body ? registry.stream(pieces(response.body)) : null,
        };
      });
    },
    events(options) {
      const { query, path, summary } = options;
      return registry.add(
        'events',
        `events ${path}`,
        { path, summary, ...accessOf(options) },
        async (sent: Sent, call) => {
          const request = { ...infoOf(sent, call), lastEventId: sent.info.lastEventId };
          const checked = check(query, sent.query, 'The query', true);
          const source = await options.open({ ...request, query: checked } as never);
          return { stream: registry.stream(source[Symbol.asyncIterator]()) };
        },
      );
    },
    socket(options) {
      const { query, path, summary, readOnly = false } = options;
      return registry.add(
        'socket',
        `socket ${path}`,
        { path, summary, readOnly, ...accessOf(options) },
        async (sent: Sent, call) => {
          const checked = check(query, sent.query, 'The query', true);
          await options.open(socketOf(peer(), sent.source ?? 0), { ...infoOf(sent, call), query: checked } as never);
        },
      );
    },
  };
}

function accessOf({ permission, public: open }: Access): Record<string, unknown> {
  return open === undefined ? { permission } : { public: open };
}

function infoOf(sent: Sent, call: Incoming): RequestInfo {
  return { ...sent.info, principal: ofRequest(sent.info.principal, sent.request), signal: call.signal };
}

function check(schema: JSONSchema | undefined, value: unknown, what: string, coerce: boolean): unknown {
  return schema === undefined ? value : validate(schema, value, what, { coerce });
}

function isObjectSchema(schema: JSONSchema | undefined): boolean {
  return typeof schema === 'object' && schema['type'] === 'object';
}

function compile(schema: JSONSchema): (value: unknown) => string {
  return serializer(structuredClone(schema) as unknown as Parameters<typeof serializer>[0]);
}

function bodyOf(peer: Peer, body: number): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      const piece = await peer.call('body.next', { body });
      if (piece instanceof Uint8Array) controller.enqueue(new Uint8Array(piece));
      else controller.close();
    },
  });
}

const pieceBytes = 256 * 1024;

async function* pieces(source: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    for (let at = 0; at < chunk.byteLength; at += pieceBytes) yield chunk.subarray(at, at + pieceBytes);
  }
}

function socketOf(peer: Peer, socket: number): Socket {
  async function* messages(): AsyncGenerator<string | Uint8Array> {
    for (;;) {
      const next = await peer.call('socket.next', { socket });
      if (next === null) return;
      yield next as string | Uint8Array;
    }
  }
  return {
    send: (data) =>
      peer.notify('socket.send', {
        socket,
        ...(typeof data === 'string' ? { text: data } : { bytes: Buffer.from(data).toString('base64') }),
      }),
    close: (code, reason) =>
      peer.notify('socket.close', {
        socket,
        ...(code === undefined ? {} : { code }),
        ...(reason === undefined ? {} : { reason }),
      }),
    messages: messages(),
  };
}

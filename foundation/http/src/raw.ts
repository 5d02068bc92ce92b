import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify';
import type { PlainAnswer } from '@containr/sdk/host';
import type { DeclaredRaw } from './declared.ts';
import { errors } from './errors.ts';
import { apiBase, fastifyPath } from './route.ts';
import type { Guard } from './mount.ts';

/** Adds a route that takes a web `Request` and gives a web `Response`, or a plain answer; bodies stream both ways. */
export function addRaw(
  app: FastifyInstance,
  declared: DeclaredRaw,
  guard: Guard,
  more: Pick<RouteShorthandOptions, 'onSend'> = {},
): void {
  const path = fastifyPath(declared.path);
  app.route({
    method: [...declared.methods],
    url: declared.root ? path : apiBase + path,
    onRequest: guard,
    ...more,
    handler: (request, reply) => answer(declared, request, reply),
  });
}

async function answer(declared: DeclaredRaw, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const work = declared.meter.wrap(() => declared.handler(() => webRequest(declared, request), request.containr));
  const response = await work();
  if (isPlain(response)) return reply.code(response.status).headers(response.headers).send(response.body);
  reply.code(response.status);
  for (const [name, value] of response.headers) if (name !== 'set-cookie') reply.header(name, value);
  for (const line of response.headers.getSetCookie()) reply.header('set-cookie', line);
  // The two declarations of the same web stream differ in Node's types.
  return reply.send(response.body ? Readable.fromWeb(response.body as NodeReadableStream<Uint8Array>) : undefined);
}

/** Told by its headers: naming the class of the other would load it. */
function isPlain(answer: Response | PlainAnswer): answer is PlainAnswer {
  return !('getSetCookie' in answer.headers);
}

function webRequest(declared: DeclaredRaw, request: FastifyRequest): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  }
  const { containr } = request;
  const common = { method: request.method, headers, signal: containr.signal };
  const url = containr.origin + request.url;
  if (request.method === 'GET' || request.method === 'HEAD') return new Request(url, common);
  checkBody(declared, request);
  const body = Readable.toWeb(limited(request.raw, declared.maxBytes)) as ReadableStream<Uint8Array>;
  return new Request(url, { ...common, body, duplex: 'half' });
}

function checkBody(declared: DeclaredRaw, request: FastifyRequest): void {
  if (Number(request.headers['content-length'] ?? 0) > declared.maxBytes) throw errors.TOO_LARGE(declared.maxBytes);
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const hasBody =
    request.headers['content-length'] !== '0' &&
    (request.headers['content-length'] ?? request.headers['transfer-encoding']) !== undefined;
  if (!hasBody || declared.accepts.includes('*') || declared.accepts.includes(type)) return;
  throw errors.MEDIA_TYPE(declared.accepts, type);
}

async function* counted(source: Readable, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).byteLength;
    if (bytes > maxBytes) throw errors.TOO_LARGE(maxBytes);
    yield chunk as Buffer;
  }
}

/** The source up to a size; the source itself stays open, so that an answer can still be sent over its connection. */
function limited(source: Readable, maxBytes: number): Readable {
  return Readable.from(counted(source, maxBytes), { objectMode: false, highWaterMark: 65_536 });
}

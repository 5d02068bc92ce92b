import type { Access, JSONSchema, PluginContext, RequestInfo, Socket, StreamEvent } from '@containr/sdk';
import { ContainrError, reply } from '@containr/sdk';
import { validate } from '@containr/sdk/validate';
import type { Infer } from '@containr/sdk';
import { answerHeaders, requestHeaders } from './answer-headers.ts';
import type { Wiring } from './wiring.ts';
import { answers } from './protocol.ts';
import type { registrations } from './protocol.ts';

type Spec<K extends keyof typeof registrations> = Infer<(typeof registrations)[K]>;

/** Registers a JSON route whose handler runs in the child. */
export function proxyRoute(http: PluginContext['http'], wiring: Wiring, spec: Spec<'route'>) {
  return http.route({
    ...accessOf(spec),
    method: spec.method,
    path: spec.path as `/${string}`,
    summary: spec.summary,
    params: true,
    query: true,
    body: true,
    response: true,
    ...(spec.status === undefined ? {} : { status: spec.status }),
    handler: (request) =>
      wiring.during(request.principal, async (number) => {
        const parts = { params: request.params, query: request.query, body: request.body };
        const sent = { ...infoOf(request, number), ...parts };
        const answer = answerOf<Infer<typeof answers.reply>>(
          answers.reply,
          await wiring.invoke(spec.ref, sent, request.signal),
          wiring.plugin,
        );
        const headers = answerHeaders(
          Object.entries(answer.headers ?? {}).map(([name, value]) => [name, String(value)]),
        );
        return reply({ ...(answer.status === undefined ? {} : { status: answer.status }), headers, body: answer.body });
      }),
  });
}

/** Registers a raw route; bodies are pulled both ways, so neither side holds more than a piece. */
export function proxyRaw(http: PluginContext['http'], wiring: Wiring, spec: Spec<'raw'>) {
  return http.raw({
    ...accessOf(spec),
    methods: spec.methods,
    path: spec.path as `/${string}`,
    root: spec.root ?? false,
    summary: spec.summary,
    accepts: spec.accepts,
    maxBytes: spec.maxBytes,
    ...(spec.basicRealm === undefined ? {} : { basicRealm: spec.basicRealm }),
    async handler(request, info) {
      const number = wiring.acting.enter(info.principal);
      const source = request.body ? wiring.sources.add(request.body) : null;
      const over = (): void => {
        wiring.acting.leave(number);
        if (source !== null) wiring.sources.drop(source);
      };
      try {
        const sent = {
          ...infoOf(info, number),
          params: info.params,
          url: request.url,
          method: request.method,
          source,
        };
        const answer = answerOf<Infer<typeof answers.response>>(
          answers.response,
          await wiring.invoke(spec.ref, sent, info.signal),
          wiring.plugin,
        );
        const headers = answerHeaders((answer.headers ?? []).map(([name = '', value = '']) => [name, value]));
        const { stream } = answer;
        if (stream === null || [204, 205, 304].includes(answer.status)) {
          over();
          return new Response(null, { status: answer.status, headers });
        }
        return new Response(pulled(wiring, stream, over), { status: answer.status, headers });
      } catch (error) {
        over();
        throw error;
      }
    },
  });
}

/** Registers an event stream. */
export function proxyEvents(http: PluginContext['http'], wiring: Wiring, spec: Spec<'events'>) {
  return http.events({
    ...accessOf(spec),
    path: spec.path as `/${string}`,
    summary: spec.summary,
    query: true,
    async open(request) {
      const number = wiring.acting.enter(request.principal);
      request.signal.addEventListener('abort', () => wiring.acting.leave(number), { once: true });
      const { stream } = answerOf<Infer<typeof answers.stream>>(
        answers.stream,
        await wiring.invoke(spec.ref, { ...infoOf(request, number), query: request.query }, request.signal),
        wiring.plugin,
      );
      return items(wiring, stream, request.signal);
    },
  });
}

/** Registers a WebSocket. */
export function proxySocket(http: PluginContext['http'], wiring: Wiring, spec: Spec<'socket'>) {
  return http.socket({
    ...accessOf(spec),
    path: spec.path as `/${string}`,
    summary: spec.summary,
    readOnly: spec.readOnly ?? false,
    query: true,
    open: (socket: Socket, request) =>
      wiring.during(request.principal, async (number) => {
        const source = wiring.sources.add(socket.messages);
        wiring.sockets.set(source, socket);
        try {
          await wiring.invoke(spec.ref, { ...infoOf(request, number), query: request.query, source }, request.signal);
        } finally {
          wiring.sockets.delete(source);
          wiring.sources.drop(source);
        }
      }),
  });
}

function accessOf(spec: { permission?: string; public?: boolean }): Access {
  // What names neither is refused by the real context, as for any plugin.
  return spec.public === true ? { public: true } : ({ permission: spec.permission } as Access);
}

function infoOf(info: RequestInfo & { lastEventId?: string | null }, request: number) {
  const { via: _via, ...principal } = info.principal;
  return {
    request,
    info: {
      id: info.id,
      principal: { ...principal, via: 'internal' },
      headers: requestHeaders(info.headers),
      cookies: {},
      ip: info.ip,
      origin: info.origin,
      lastEventId: info.lastEventId ?? null,
    },
  };
}

function pulled(wiring: Wiring, stream: number, over: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const piece = await wiring.pull(stream);
          if (piece instanceof Uint8Array) return controller.enqueue(piece);
          over();
          controller.close();
        } catch (error) {
          over();
          controller.error(error);
        }
      },
      cancel() {
        over();
        wiring.drop(stream);
      },
    },
    { highWaterMark: 0 },
  );
}

async function* items(wiring: Wiring, stream: number, signal: AbortSignal): AsyncGenerator<StreamEvent> {
  try {
    while (!signal.aborted) {
      const item = answerOf<StreamEvent | null>(answers.item, await wiring.pull(stream, signal), wiring.plugin);
      if (item === null) return;
      yield item;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    wiring.drop(stream);
  }
}

/** What the child gave, once it fits. Throws `PLUGIN_MESSAGE` (502): whoever asked did nothing wrong. */
function answerOf<T>(schema: JSONSchema, value: unknown, plugin: string): T {
  try {
    return validate<T>(schema, value, `The answer of ${plugin}`);
  } catch (error) {
    throw new ContainrError({
      code: 'PLUGIN_MESSAGE',
      status: 502,
      detail: error instanceof Error ? error.message : `The answer of ${plugin} is refused.`,
      hint: 'This is a fault of the plugin: report it.',
      cause: error,
    });
  }
}

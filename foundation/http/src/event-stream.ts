import type { ServerResponse } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import type { Logger, StreamEvent } from '@containr/sdk';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticate } from './access.ts';
import type { DeclaredEvents } from './declared.ts';
import type { InFlight } from './in-flight.ts';
import type { Guard } from './mount.ts';
import { stillHolds, watchProof } from './proof-watch.ts';
import { apiBase, checksOf, fastifyPath } from './route.ts';

const heartbeatMs = 15_000;
/** How long the first event may keep the headers waiting, so that a refusal can still be a problem document. */
const checksMs = 250;

/** Adds a server-sent event stream. */
export function addEvents(
  app: FastifyInstance,
  declared: DeclaredEvents,
  guard: Guard,
  inFlight: InFlight,
  log: Logger,
  authenticate: Authenticate,
): void {
  app.route({
    method: 'GET',
    url: apiBase + fastifyPath(declared.path),
    ...checksOf({ querystring: declared.query }),
    exposeHeadRoute: false,
    onRequest: guard,
    handler: async (request, reply) => {
      const { signal } = request.containr;
      const { meter } = declared;
      const iterator = (await declared.open(request.containr))[Symbol.asyncIterator]();
      const first = iterator.next();
      await Promise.race([first, after(checksMs, undefined, { ref: false })]);
      startStream(request, reply);
      const stream = reply.raw;
      let lastId = request.containr.lastEventId;
      meter.enter();
      const forget = inFlight.stream(() => {
        stream.write(frame({ event: 'resume', data: { lastEventId: lastId } }));
        stream.end();
        request.containr.abort();
      });
      // As for a plugin that goes: whoever may still listen opens it again.
      const forgetProof = watchProof(stillHolds(request.containr, declared.access, authenticate), () => {
        stream.write(frame({ event: 'resume', data: { lastEventId: lastId } }));
        stream.end();
        request.containr.abort();
      });
      const beat = setInterval(() => {
        if (!stream.writableNeedDrain) stream.write(':\n\n');
      }, heartbeatMs);
      try {
        for (
          let step = await first;
          !step.done && !signal.aborted && !stream.writableEnded;
          step = await iterator.next()
        ) {
          if (step.value.id !== undefined) lastId = step.value.id;
          if (!stream.write(frame(step.value))) await drained(stream);
        }
      } catch (error) {
        if (!signal.aborted) {
          meter.threw(error);
          log.error({ error, path: declared.path, requestId: request.id }, 'An event stream failed');
        }
      } finally {
        clearInterval(beat);
        forgetProof();
        meter.end();
        forget();
        stream.end();
        request.containr.abort();
        // Not awaited: a source that waits for its next event answers only then.
        iterator.return?.().catch(() => undefined);
      }
    },
  });
}

function startStream(request: FastifyRequest, reply: FastifyReply): void {
  reply.hijack();
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
    'x-request-id': request.id,
  });
  reply.raw.write(':\n\n');
}

function frame(event: StreamEvent): string {
  const id = event.id === undefined ? '' : `id: ${oneLine(event.id)}\n`;
  const name = event.event === undefined ? '' : `event: ${oneLine(event.event)}\n`;
  return `${id}${name}data: ${JSON.stringify(event.data)}\n\n`;
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]/g, ' ');
}

function drained(stream: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
    if (stream.destroyed) done();
  });
}

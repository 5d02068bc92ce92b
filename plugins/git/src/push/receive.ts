import { PassThrough, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { PluginContext, Principal } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import type { ServicePath, ServiceSpec } from '@containr/plugin-projects/contract';
import { flush, keepAlive, PacketReader, progress } from '../protocol/pkt-line.ts';
import type { PushHead } from '../protocol/push-commands.ts';
import { readPushHead } from '../protocol/push-commands.ts';
import type { BackendResponse } from '../repository/http-backend.ts';
import { httpBackend } from '../repository/http-backend.ts';
import { folderOf } from '../repository/repositories.ts';
import type { Repositories } from '../repository/repositories.ts';
import { afterPush } from './after-push.ts';
import { follow } from './follow.ts';
import type { PushWatch } from './push-watch.ts';

const keepAliveMs = 10_000;

/** One `git-receive-pack` request. */
export interface Push {
  readonly path: ServicePath;
  readonly spec: ServiceSpec;
  readonly principal: Principal;
  readonly request: Request;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
}

function bodyOf(request: Request): { body: AsyncIterable<Uint8Array>; headers: Headers } {
  const headers = new Headers(request.headers);
  // Node's two declarations of a web stream differ.
  const body: AsyncIterable<Uint8Array> = request.body
    ? Readable.fromWeb(request.body as Parameters<typeof Readable.fromWeb>[0])
    : Readable.from([]);
  const coding = headers.get('content-encoding');
  if (coding === null || coding === 'identity') return { body, headers };
  if (coding !== 'gzip' && coding !== 'x-gzip') {
    throw new ContainrError({
      code: 'CODING_UNKNOWN',
      status: 415,
      detail: `The coding "${coding}" of the body is not known.`,
      hint: 'Push with a Git client.',
    });
  }
  headers.delete('content-encoding');
  headers.delete('content-length');
  return { body: Readable.from(body).pipe(createGunzip()), headers };
}

async function* joined(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/**
 * Takes a push. Git stores the refs; then the deployment is asked for; only then does the pusher hear that the push is in,
 * followed in the same answer by the road of the deployment. A pusher who leaves changes nothing of that.
 */
export async function receive(
  ctx: PluginContext,
  repositories: Repositories,
  watch: PushWatch,
  push: Push,
): Promise<Response> {
  const { body, headers } = bodyOf(push.request);
  const iterator = body[Symbol.asyncIterator]();
  const head = await readPushHead(iterator);
  const leave = watch.enter(push.path.service);
  const backend = await startBackend(repositories, push, headers, joined(head.bytes, iterator)).catch(
    (error: unknown) => {
      leave();
      throw error;
    },
  );
  const answer = new PassThrough();
  answer.on('error', () => undefined);
  const sideBand = head.capabilities.has('side-band-64k') && backend.status === 200;
  const answering = { ctx, repositories, push, head, backend, answer };
  void (sideBand ? answerLive(answering) : answerPlain(answering))
    .catch((error: unknown) => {
      ctx.log.error({ error, service: push.path.service }, 'the answer to a push broke off');
      answer.destroy();
    })
    .finally(leave);
  return new Response(Readable.toWeb(answer) as ReadableStream<Uint8Array>, {
    status: backend.status,
    headers: backend.headers,
  });
}

function startBackend(
  repositories: Repositories,
  push: Push,
  headers: Headers,
  body: AsyncIterable<Uint8Array>,
): Promise<BackendResponse> {
  return httpBackend({
    root: repositories.root,
    path: `/${folderOf(push.path.service)}/git-receive-pack`,
    method: 'POST',
    query: '',
    headers,
    user: push.principal.name,
    body,
    signal: push.signal,
  });
}

interface Answering {
  readonly ctx: PluginContext;
  readonly repositories: Repositories;
  readonly push: Push;
  readonly head: PushHead;
  readonly backend: BackendResponse;
  readonly answer: PassThrough;
}

async function answerPlain({ ctx, repositories, push, head, backend, answer }: Answering): Promise<void> {
  const held: Buffer[] = [];
  for await (const chunk of backend.body as AsyncIterable<Buffer>) held.push(chunk);
  await backend.ended;
  await afterPush(ctx, repositories, { ...push, commands: head.commands });
  answer.end(Buffer.concat(held));
}

async function answerLive({ ctx, repositories, push, head, backend, answer }: Answering): Promise<void> {
  const reader = new PacketReader();
  const held: Buffer[] = [];
  for await (const chunk of backend.body as AsyncIterable<Buffer>) {
    for (const { content, bytes } of reader.push(chunk)) {
      // Git's own progress goes out at once; its report waits until the deployment is certain, its end until that is told.
      if (content?.[0] === 2) answer.write(bytes);
      else if (content !== null) held.push(bytes);
    }
  }
  await backend.ended;
  const { lines, deployment } = await afterPush(ctx, repositories, { ...push, commands: head.commands });
  answer.write(Buffer.concat([...held, reader.rest]));
  const gone = new AbortController();
  answer.once('close', () => gone.abort());
  const beat = setInterval(() => answer.write(keepAlive), keepAliveMs);
  try {
    if (lines.length > 0) answer.write(progress(`${['', ...lines, ''].join('\n')}\n`));
    if (deployment) {
      const signal = AbortSignal.any([gone.signal, ctx.signal, push.signal]);
      for await (const news of follow(ctx, deployment, push.principal, signal))
        answer.write(progress(news.map((line) => `${line}\n`).join('')));
    }
  } finally {
    clearInterval(beat);
    answer.end(flush);
  }
}

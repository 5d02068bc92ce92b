import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { notFound } from '@containr/sdk';
import type { Road } from '../engine/road.ts';
import { limits, tooLarge } from '../snapshots/errors.ts';
import { keepSnapshot } from '../snapshots/keep.ts';
import { organisationOf } from './caller.ts';

/** `POST /uploads` takes an archive; `GET /uploads/snapshots/{treeHash}` gives a snapshot to agents. */
export function uploadRoutes(road: Road): void {
  const { ctx } = road;
  ctx.http.raw({
    methods: ['POST'],
    path: '/uploads',
    permission: 'deployment:create',
    summary: 'Takes a tar, tar.gz or zip archive of a source',
    accepts: [
      'application/gzip',
      'application/x-gzip',
      'application/x-tar',
      'application/x-compressed-tar',
      'application/zip',
      'application/octet-stream',
    ],
    maxBytes: limits.archiveBytes,
    async handler(request, { principal, signal }) {
      const organisation = organisationOf(principal);
      const folder = await road.snapshots.temporary();
      try {
        const file = join(folder, 'upload');
        await receive(request, file, signal);
        const kept = await keepSnapshot(road, organisation, file, signal);
        return Response.json(kept, { status: 201 });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  });
  ctx.http.raw({
    methods: ['GET'],
    path: '/uploads/snapshots/{treeHash}',
    permission: 'agent:act',
    summary: 'Gives a snapshot to an agent, as tar.gz',
    accepts: ['*'],
    maxBytes: 0,
    async handler(_, { params }) {
      const hash = params['treeHash'] ?? '';
      if (!/^[0-9a-f]{64}$/.test(hash) || !(await road.snapshots.exists(hash))) throw notFound('snapshot');
      const { stream, sizeBytes } = road.snapshots.open(hash);
      const body = Readable.toWeb(stream) as ReadableStream<Uint8Array>;
      return new Response(body, {
        headers: { 'content-type': 'application/gzip', 'content-length': String(await sizeBytes) },
      });
    },
  });
}

async function receive(request: Request, file: string, signal: AbortSignal): Promise<void> {
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> = request.body ?? Readable.from([]);
  async function* counted(): AsyncIterable<Uint8Array> {
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > limits.archiveBytes) throw tooLarge('The archive is larger than 512 MiB.');
      yield chunk;
    }
  }
  await pipeline(counted(), createWriteStream(file, { mode: 0o600 }), { signal });
}

import { Readable } from 'node:stream';
import { ContainrError, defineSchema, invalid } from '@containr/sdk';
import type { Road } from '../engine/road.ts';

/** Where packed artifacts are, for agents. */
export const artifactsPath = '/api/v1/artifacts';
const pieceBytes = 16 * 1024 * 1024;

const ByContent = defineSchema({
  type: 'object',
  properties: { sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' } },
  required: ['sha256'],
  additionalProperties: false,
});
const Received = defineSchema({
  type: 'object',
  properties: { receivedBytes: { type: 'integer' }, complete: { type: 'boolean' } },
  required: ['receivedBytes', 'complete'],
  additionalProperties: false,
});

/** Agents send packed artifacts piece by piece and fetch them from any place on, so that a broken line costs a piece. */
export function artifactRoutes({ ctx, artifacts }: Pick<Road, 'ctx' | 'artifacts'>): void {
  ctx.http.route({
    method: 'GET',
    path: '/artifacts/{sha256}/received',
    permission: 'agent:act',
    summary: 'Says to an agent how much of a packed artifact has arrived',
    params: ByContent,
    response: Received,
    handler: async ({ params }) => artifacts.received(params.sha256),
  });
  ctx.http.raw({
    methods: ['PUT'],
    path: '/artifacts/{sha256}',
    permission: 'agent:act',
    summary: 'Takes a piece of a packed artifact from an agent',
    accepts: ['application/octet-stream'],
    maxBytes: pieceBytes,
    async handler(request, { params }) {
      const { searchParams } = new URL(request.url);
      const [offset, size] = [wholeNumber(searchParams.get('offset')), wholeNumber(searchParams.get('size'))];
      const bytes = new Uint8Array(await request.arrayBuffer());
      if (offset + bytes.byteLength > size) throw invalid('The piece leads beyond the end.', []);
      return Response.json(await artifacts.take(contentIn(params), { offset, size, bytes }));
    },
  });
  ctx.http.raw({
    methods: ['GET'],
    path: '/artifacts/{sha256}',
    permission: 'agent:act',
    summary: 'Gives a packed artifact to an agent, from any place on',
    accepts: ['*'],
    maxBytes: 0,
    async handler(request, { params }) {
      const from = wholeNumber(/^bytes=(\d+)-$/.exec(request.headers.get('range') ?? 'bytes=0-')?.[1] ?? null);
      const { stream, sizeBytes } = await artifacts.open(contentIn(params), from);
      if (from > 0 && from >= sizeBytes) {
        stream.destroy();
        return new Response(null, { status: 416, headers: { 'content-range': `bytes */${sizeBytes}` } });
      }
      return new Response(Readable.toWeb(stream) as ReadableStream<Uint8Array>, {
        status: from > 0 ? 206 : 200,
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': String(sizeBytes - from),
          ...(from > 0 ? { 'content-range': `bytes ${from}-${sizeBytes - 1}/${sizeBytes}` } : {}),
        },
      });
    },
  });
}

function contentIn(params: Readonly<Record<string, string>>): string {
  const sha256 = params['sha256'] ?? '';
  if (/^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw new ContainrError({ code: 'NOT_FOUND', status: 404, detail: 'There is no such artifact.' });
}

function wholeNumber(text: string | null): number {
  const value = Number(text ?? Number.NaN);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid('Offset and size are whole numbers.', []);
}

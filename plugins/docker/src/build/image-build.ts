import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { ContainrError, defineSchema } from '@containr/sdk';
import type { Infer } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { asking } from '../engine.ts';
import type { Engine } from '../engine.ts';
import { buildFailure } from './build-failure.ts';
import { BuildProgress } from './progress.ts';
import type { OnLine } from './progress.ts';
import { openSession } from './session.ts';
import type { SessionOffer } from './session.ts';

const EngineMessage = defineSchema({
  type: 'object',
  properties: {
    id: { type: 'string' },
    aux: {},
    errorDetail: { type: 'object', properties: { message: { type: 'string' } } },
    message: { type: 'string' },
  },
});

/** One image to build. */
export interface ImageBuild {
  readonly offer: SessionOffer;
  readonly tag: string;
  readonly target: string | null;
  readonly arguments: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** Builds an image by a BuildKit session of our own and gives its id. Throws cause codes; an abort ends the build in the engine. */
export async function buildImage(
  engine: Engine,
  build: ImageBuild,
  io: { signal: AbortSignal; output: OnLine },
): Promise<string> {
  const buildId = randomUUID();
  const session = await asking(() => openSession(engine, build.offer));
  const progress = new BuildProgress(io.output);
  // Closing the connection cancels too, but only when the engine notices; this says it at once.
  const cancel = (): void => {
    engine
      .request({ method: 'POST', path: `/build/cancel?id=${buildId}` }, (response) => response.resume())
      .on('error', () => undefined)
      .end();
    session.close();
  };
  io.signal.addEventListener('abort', cancel, { once: true });
  try {
    return await asking(() => request(engine, query(build, session.id, buildId), progress, io.signal));
  } catch (error) {
    if (io.signal.aborted)
      throw new ContainrError({
        code: 'CANCELLED',
        status: 409,
        detail: 'The build was cancelled.',
        hint: 'Start it again when it is wanted.',
        cause: error,
      });
    throw error;
  } finally {
    io.signal.removeEventListener('abort', cancel);
    session.close();
  }
}

function query(build: ImageBuild, session: string, buildId: string): URLSearchParams {
  const parameters = new URLSearchParams({
    version: '2',
    remote: 'client-session',
    session,
    buildid: buildId,
    t: build.tag,
    dockerfile: 'Dockerfile',
    buildargs: JSON.stringify(build.arguments),
    labels: JSON.stringify(build.labels),
  });
  if (build.target !== null) parameters.set('target', build.target);
  return parameters;
}

async function request(
  engine: Engine,
  parameters: URLSearchParams,
  progress: BuildProgress,
  signal: AbortSignal,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const asked = engine.request({ method: 'POST', path: `/build?${parameters}`, signal }, (response) => {
    let image: string | null = null;
    let failure: string | null = null;
    const lines = createInterface({ input: response, crlfDelay: Infinity });
    response.on('error', reject);
    lines.on('error', reject);
    lines.on('line', (line) => {
      if (line.trim() === '' || signal.aborted) return;
      try {
        const message = validate<Infer<typeof EngineMessage>>(
          EngineMessage,
          JSON.parse(line),
          "An engine's build message",
        );
        if (message.id === 'moby.buildkit.trace' && typeof message.aux === 'string')
          progress.take(Buffer.from(message.aux, 'base64'));
        else if (message.id === 'moby.image.id') image = imageId(message.aux);
        else failure = message.errorDetail?.message ?? message.message ?? failure;
      } catch (error) {
        reject(error);
      }
    });
    lines.on('close', () => {
      if (failure !== null || image === null)
        reject(buildFailure(failure ?? 'the engine ended the build without a result', progress.failed));
      else resolve(image);
    });
  });
  asked.on('error', reject);
  asked.end();
  return promise;
}

function imageId(aux: unknown): string | null {
  return typeof aux === 'object' && aux !== null && 'ID' in aux && typeof aux.ID === 'string' ? aux.ID : null;
}

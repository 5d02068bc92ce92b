import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import { ContainrError } from '@containr/sdk';
import type { Artifact } from '@containr/sdk/contracts';
import { label } from '../containers/labels.ts';
import { pullFailure } from '../containers/start-failure.ts';
import type { Engine } from '../engine.ts';
import { asking, refusalStatus } from '../engine.ts';

/** The images of a node's engine that artifacts are. */
export class Images {
  readonly #engine: Engine;
  readonly #install: string;

  constructor(engine: Engine, install: string) {
    this.#engine = engine;
    this.#install = install;
  }

  async exists(artifact: Artifact): Promise<boolean> {
    return asking(() => this.#engine.api.getImage(artifact.id).inspect()).then(
      () => true,
      (error: unknown) => {
        if (refusalStatus(error) === 404) return false;
        throw error;
      },
    );
  }

  /** Removes it if this install made it. Throws `CONFLICT_IN_USE`. */
  async remove(artifact: Artifact): Promise<void> {
    const image = this.#engine.api.getImage(artifact.id);
    const labels = await asking(() => image.inspect()).then(
      (found) => found.Config.Labels ?? {},
      (error: unknown) => {
        if (refusalStatus(error) === 404) return null;
        throw error;
      },
    );
    // An image of the same name may be somebody else's by now.
    if (labels === null || labels[label.install] !== this.#install) return;
    await asking(() => image.remove({ force: true })).catch((error: unknown) => {
      if (refusalStatus(error) === 404) return;
      if (refusalStatus(error) !== 409) throw error;
      throw new ContainrError({
        code: 'CONFLICT_IN_USE',
        status: 409,
        detail: `The image ${artifact.reference} is used by a container.`,
        hint: 'Stop the replicas that run it first.',
        cause: error,
      });
    });
  }

  /** Pulls it unless it is here; what was built can't be pulled. Throws `IMAGE_PULL_FAILED`. */
  async ensure(artifact: Artifact): Promise<void> {
    if (await this.exists(artifact)) return;
    if (artifact.id.startsWith('sha256:'))
      throw pullFailure(artifact.reference, new Error('it was built on a node and has been removed from this one'));
    try {
      const progress = await asking(() => this.#engine.api.pull(artifact.reference));
      await new Promise<void>((resolve, reject) =>
        this.#engine.api.modem.followProgress(progress, (error) => (error ? reject(error) : resolve())),
      );
    } catch (error) {
      throw error instanceof ContainrError ? error : pullFailure(artifact.reference, error);
    }
  }

  /** Writes the image with all its layers into a file. */
  async pack(artifact: Artifact, file: string, signal: AbortSignal): Promise<void> {
    const path = `/images/${encodeURIComponent(artifact.id)}/get`;
    const image = await asking(() => this.#engine.open(path, signal));
    await pipeline(image, createZstdCompress(), createWriteStream(file, { mode: 0o600 }), { signal });
  }

  /** Loads such a file. The engine checks each layer by its digest; its id says whether the image is the very same. Throws `ARTIFACT_CORRUPT`. */
  async unpack(artifact: Artifact, file: string, signal: AbortSignal): Promise<void> {
    const image = createReadStream(file).pipe(createZstdDecompress());
    const stop = (): void => void image.destroy(new Error('It is not wanted any more.'));
    signal.addEventListener('abort', stop, { once: true });
    const said: string[] = [];
    try {
      const answer = await asking(() => this.#engine.api.loadImage(image, { quiet: true }));
      for await (const line of createInterface({ input: Readable.from(answer), crlfDelay: Infinity })) said.push(line);
    } finally {
      signal.removeEventListener('abort', stop);
    }
    signal.throwIfAborted();
    if (!(await this.exists(artifact))) throw otherImage(artifact, said);
    const colon = artifact.reference.lastIndexOf(':');
    const name = { repo: artifact.reference.slice(0, colon), tag: artifact.reference.slice(colon + 1) };
    await asking(() => this.#engine.api.getImage(artifact.id).tag(name));
  }
}

function otherImage({ reference, id }: Artifact, said: readonly string[]): ContainrError {
  return new ContainrError({
    code: 'ARTIFACT_CORRUPT',
    status: 502,
    detail: `The image ${reference} could not be loaded as ${id}: ${said.at(-1) ?? 'the engine said nothing'}.`,
    hint: 'Deploy again to build it anew.',
  });
}

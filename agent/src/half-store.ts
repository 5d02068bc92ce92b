import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ContainrError } from '@containr/sdk';

/** Single-file bundles on this node, by content. */
export class HalfStore {
  readonly #folder: string;
  readonly #download: (path: string, signal: AbortSignal) => Promise<Readable>;

  constructor(folder: string, download: (path: string, signal: AbortSignal) => Promise<Readable>) {
    this.#folder = folder;
    this.#download = download;
  }

  /** Path of a bundle that is here. */
  pathOf(sha256: string): string {
    return join(this.#folder, `${sha256}.mjs`);
  }

  /** Fetches a bundle unless it is here, whole. Throws `AGENT_HALF_CORRUPT` when what came is something else. */
  async ensure(sha256: string, signal: AbortSignal): Promise<string> {
    const path = this.pathOf(sha256);
    const present = await readFile(path).catch(() => null);
    if (present && hashOf(present) === sha256) return path;
    const content = await buffer(await this.#download(`/api/v1/agents/halves/${sha256}`, signal));
    if (hashOf(content) !== sha256) {
      throw new ContainrError({
        code: 'AGENT_HALF_CORRUPT',
        status: 502,
        detail: `The bundle ${sha256.slice(0, 12)} arrived with another content.`,
        hint: 'Look for a proxy between agent and control plane that changes answers.',
      });
    }
    await writeFile(`${path}.next`, content, { mode: 0o600 });
    await rename(`${path}.next`, path);
    return path;
  }
}

function hashOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

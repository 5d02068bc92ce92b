import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Logger } from '@containr/sdk';
import { notFound } from '@containr/sdk';
import type { Half } from '@containr/sdk/wire';

/** The agent half of an active plugin: absolute paths of its bundle and programs. */
export interface HalfFiles {
  readonly plugin: string;
  readonly version: string;
  readonly file: string;
  readonly programs: Readonly<Record<string, string>>;
  /** Nobody trusts it: it runs in a process of its own, and may no more than this. */
  readonly apart?: { readonly segments: readonly string[]; readonly provides: readonly string[] };
}

/** Offers the bundles of active plugins by content. */
export class HalfShelf {
  readonly #source: () => readonly HalfFiles[];
  readonly #log: Logger;
  readonly #hashes = new Map<string, { stamp: string; sha256: string }>();

  constructor(source: () => readonly HalfFiles[], log: Logger) {
    this.#source = source;
    this.#log = log;
  }

  /** What agents should run now; a plugin whose files can't be read is left out and logged. */
  async list(): Promise<Half[]> {
    const halves: Half[] = [];
    for (const half of this.#source()) {
      try {
        const programs: Record<string, string> = {};
        const { plugin, version, file, apart } = half;
        for (const [name, path] of Object.entries(half.programs)) programs[name] = await this.#hash(path);
        const limits = apart && { apart: { segments: [...apart.segments], provides: [...apart.provides] } };
        halves.push({ plugin, version, sha256: await this.#hash(file), programs, ...limits });
      } catch (error) {
        this.#log.error({ err: error, plugin: half.plugin }, 'The agent half of a plugin can’t be read; build it');
      }
    }
    return halves;
  }

  /** The bundle with this content. Throws `NOT_FOUND`. */
  async open(sha256: string): Promise<Readable> {
    // An agent may ask another process than the one that told it what to load.
    const found = this.#find(sha256) ?? (await this.list().then(() => this.#find(sha256)));
    if (!found) throw notFound('agent bundle');
    return found;
  }

  #find(sha256: string): Readable | null {
    for (const [file, known] of this.#hashes) {
      if (known.sha256 === sha256) return createReadStream(file);
    }
    return null;
  }

  async #hash(file: string): Promise<string> {
    const { mtimeMs, size } = await stat(file);
    const stamp = `${mtimeMs} ${size}`;
    const known = this.#hashes.get(file);
    if (known?.stamp === stamp) return known.sha256;
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    this.#hashes.set(file, { stamp, sha256 });
    return sha256;
  }
}

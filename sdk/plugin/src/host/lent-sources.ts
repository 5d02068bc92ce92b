import { randomBytes } from 'node:crypto';
import type { SourceFile } from '../contracts/source.ts';
import { Source } from '../contracts/source.ts';
import { ContainrError } from '../errors.ts';
import type { Principal } from '../principal.ts';
import type { Call, Implementation } from '../services.ts';
import type { SourceFolder } from './source-folder.ts';

interface Lent {
  readonly folder: SourceFolder;
  readonly principal: Principal;
  /** Bytes that may still be read. */
  left: number;
  last: Promise<unknown>;
}

const pageFiles = 5_000;
const pageBytes = 1_000_000;
const allowanceBytes = 64 * 1_048_576;
/** So that asking without end for nothing also ends. */
const leastBytes = 1_024;

/** Sources that are lent to builders now, each for one call: what a plugin provides `Source` with. */
export class LentSources implements Implementation<NonNullable<(typeof Source)['accepts']>> {
  readonly #lent = new Map<string, Lent>();

  /** Lends a folder for as long as `work` runs; the name opens it to calls in the same organisation alone. */
  async during<T>(folder: SourceFolder, principal: Principal, work: (source: string) => Promise<T>): Promise<T> {
    const name = randomBytes(18).toString('base64url');
    this.#lent.set(name, { folder, principal, left: allowanceBytes, last: Promise.resolve() });
    try {
      return await work(name);
    } finally {
      this.#lent.delete(name);
    }
  }

  readonly list = async ({ source, after }: { source: string; after?: string }, call: Call) => {
    const files = await this.#find(source, call).folder.files();
    const start = after === undefined ? 0 : firstAfter(files, after);
    let end = start;
    for (let bytes = 0; end < files.length && end - start < pageFiles && bytes < pageBytes; end += 1)
      bytes += Buffer.byteLength(JSON.stringify(files[end]));
    return { files: files.slice(start, end), next: end < files.length ? (files[end - 1]?.path ?? null) : null };
  };

  readonly read = async (input: { source: string; path: string; maxBytes: number }, call: Call) => {
    const lent = this.#find(input.source, call);
    // One after another: what is asked at once can't spend the same bytes, nor fill the memory.
    const turn = lent.last.then(async () => {
      if (lent.left <= 0) throw spent();
      const found = await lent.folder.read(input.path, input.maxBytes);
      lent.left -= Math.max(leastBytes, found?.bytes.length ?? 0);
      return { content: found ? found.bytes.toString('base64') : null, size: found?.size ?? 0 };
    });
    lent.last = turn.catch(() => undefined);
    return turn;
  };

  #find(name: string, { principal }: Call): Lent {
    const lent = this.#lent.get(name);
    if (lent && lent.principal.organisation === principal.organisation) return lent;
    throw new ContainrError({
      code: 'SOURCE_NOT_LENT',
      status: 404,
      detail: 'This source is not open to the call: it is over, or it came with another one.',
      hint: 'Read a source while the bid or the plan runs that it came with, and pass that call’s principal on.',
    });
  }
}

function firstAfter(files: readonly SourceFile[], path: string): number {
  let [low, high] = [0, files.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((files[middle]?.path ?? '') <= path) low = middle + 1;
    else high = middle;
  }
  return low;
}

function spent(): ContainrError {
  return new ContainrError({
    code: 'SOURCE_ALLOWANCE',
    status: 413,
    detail: `More than ${allowanceBytes / 1_048_576} MiB of this source were read for one bid or plan.`,
    hint: 'Read manifests and the first bytes of what else is needed; the listing has names and sizes.',
  });
}

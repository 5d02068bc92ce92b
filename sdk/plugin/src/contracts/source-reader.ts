import type { PluginContext } from '../context.ts';
import type { Call } from '../services.ts';
import type { SourceFile } from './source.ts';
import { largestPiece, Source } from './source.ts';

/** A source as a builder reads it, in this process or another. */
export interface SourceReader {
  /** All files, sorted by path. Asked once. */
  files(): Promise<readonly SourceFile[]>;
  /** The first `maxBytes` (1 MiB at most) of a file, and its whole size; `null` when it is not there. */
  read(path: string, maxBytes?: number): Promise<{ bytes: Uint8Array; size: number } | null>;
  /** The same as text. */
  text(path: string, maxBytes?: number): Promise<string | null>;
}

/**
 * Reads the source that a call is about.
 *
 * @example plan: async ({ source }, call) => planOf(await sourceReader(ctx, source, call).text('Makefile'))
 */
export function sourceReader(ctx: Pick<PluginContext, 'services'>, source: string, call: Call): SourceReader {
  const client = ctx.services.get(Source);
  let listed: Promise<readonly SourceFile[]> | undefined;

  async function list(): Promise<readonly SourceFile[]> {
    const files: SourceFile[] = [];
    for (let after: string | null | undefined; after !== null;) {
      const page = await client.list({ source, ...(after === undefined ? {} : { after }) }, call);
      for (const file of page.files) files.push(file);
      after = page.next;
    }
    return files;
  }
  async function read(path: string, maxBytes = largestPiece) {
    if (path === '') return null;
    const { content, size } = await client.read({ source, path, maxBytes }, call);
    return content === null ? null : { bytes: Buffer.from(content, 'base64'), size };
  }

  return {
    files: () => (listed ??= list()),
    read,
    async text(path, maxBytes) {
      const found = await read(path, maxBytes);
      return found && new TextDecoder().decode(found.bytes);
    },
  };
}

import type { SourceReader } from '@containr/sdk/contracts';

const largest = 100_000;

/** Targets of the Makefile at the top of a source; `null` when there is none, or it is too large to be one. */
export async function targetsOf(source: SourceReader): Promise<ReadonlySet<string> | null> {
  const found = await source.read('Makefile', largest);
  if (found === null || found.size > largest) return null;
  const text = new TextDecoder().decode(found.bytes);
  return new Set([...text.matchAll(/^([A-Za-z0-9_-]+):(?!=)/gm)].map(([, target = '']) => target));
}

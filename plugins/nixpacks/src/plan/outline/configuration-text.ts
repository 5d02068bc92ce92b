import type { SourceTree } from '../source-tree.ts';

const largest = 1 << 17;

/** Text of a file that people write by hand; `null` when it is not there or too large to be one, whose parsing would take long. */
export function configurationText(source: SourceTree, file: string): string | null {
  const text = source.text(file);
  return text === null || text.length > largest ? null : text;
}

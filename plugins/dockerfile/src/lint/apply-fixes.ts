import type { Finding, TextEdit } from './finding.ts';

/** Makes the fixes of findings that do not touch each other, in the order of the text; the rest wait for the next round. */
export function applyFixes(text: string, findings: readonly Finding[]): string {
  const taken: TextEdit[] = [];
  for (const { fix } of findings) {
    const free = fix?.edits.every((edit) => taken.every((other) => edit.end < other.start || edit.start > other.end));
    if (fix && free) taken.push(...fix.edits);
  }
  let result = text;
  for (const { start, end, text: put } of taken.sort((a, b) => b.start - a.start))
    result = result.slice(0, start) + put + result.slice(end);
  return result;
}

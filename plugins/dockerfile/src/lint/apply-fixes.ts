import type { Finding, TextEdit } from './finding.ts';

/** Makes the fixes of findings that do not touch each other, in the order of the text; the rest wait for the next round. */
export function applyFixes(text: string, findings: readonly Finding[]): string {
  const taken: TextEdit[] = [];
  // Every fix of ours is one edit, or edits that lie together: their span is what must be free.
  const fixes = findings.flatMap(({ fix }) => (fix && fix.edits.length > 0 ? [fix.edits] : []));
  const spans = fixes.map((edits) => ({
    edits,
    start: Math.min(...edits.map(({ start }) => start)),
    end: Math.max(...edits.map(({ end }) => end)),
  }));
  let free = -1;
  for (const { edits, start, end } of spans.sort((a, b) => a.start - b.start)) {
    if (start <= free) continue;
    taken.push(...edits);
    free = end;
  }
  let at = 0;
  let result = '';
  for (const { start, end, text: put } of taken.sort((a, b) => a.start - b.start)) {
    result += text.slice(at, start) + put;
    at = end;
  }
  return result + text.slice(at);
}

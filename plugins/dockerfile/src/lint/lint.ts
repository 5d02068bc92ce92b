import { applyFixes } from './apply-fixes.ts';
import type { Finding } from './finding.ts';
import { readModel } from './model.ts';
import { readPragmas } from './pragmas.ts';
import { rules } from './rules/index.ts';
import { placesOf } from './syntax/positions.ts';
import { readDockerfileText } from './syntax/read-dockerfile-text.ts';

export { applyFixes };
export type { Finding, Fix, Severity, TextEdit } from './finding.ts';

/**
 * Judges a Dockerfile by the rules that people know by hadolint's numbers. Pure; any text gives a list, in the order of the
 * text. `# hadolint ignore=DL3006` before an instruction leaves a rule out there, `stage ignore` in a stage, `global ignore`
 * in the file.
 */
export function lint(text: string): Finding[] {
  const source = readDockerfileText(text);
  const pragmas = readPragmas(source);
  const model = readModel(source, pragmas);
  const place = placesOf(text);
  const found: { start: number; finding: Finding }[] = [];
  const clamp = (offset: number): number => Math.min(Math.max(offset, 0), text.length);
  for (const { id, severity, check } of rules) {
    check(model, (at, message, fix) => {
      if (pragmas.ignored(id, at.start)) return;
      const from = place(clamp(at.start));
      const to = place(clamp(at.end));
      found.push({
        start: at.start,
        finding: {
          rule: id,
          severity,
          ...from,
          endLine: to.line,
          endColumn: to.column,
          message,
          ...(fix ? { fix } : {}),
        },
      });
    });
  }
  return found
    .sort((a, b) => a.start - b.start || (a.finding.rule < b.finding.rule ? -1 : 1))
    .map(({ finding }) => finding);
}

/** Rounds of {@link mend}: fixes at the same place wait for each other. */
const mostRounds = 10;

/** Makes every fix that the findings of a Dockerfile offer, or those of the findings that are chosen. */
export function mend(text: string, chosen: (finding: Finding) => boolean = () => true): string {
  let result = text;
  for (let round = 0; round < mostRounds; round += 1) {
    const next = applyFixes(result, lint(result).filter(chosen));
    if (next === result) break;
    result = next;
  }
  return result;
}

import type { DockerfileText } from './syntax/read-dockerfile-text.ts';
import type { Span } from './syntax/positions.ts';

/** What comments of the form `# hadolint …` ask for. */
export interface Pragmas {
  /** Language of RUN by `shell=`, or null. */
  readonly language: string | null;
  /** Each comment that leaves rules out. */
  readonly ignores: readonly Span[];
  /** Whether a rule is left out at an offset. */
  ignored(rule: string, offset: number): boolean;
}

interface Area {
  readonly rules: ReadonlySet<string>;
  readonly start: number;
  end: number;
}

const pragma = /^\s*#\s*hadolint\s+(?:(global|stage)\s+)?(ignore|shell)\s*=\s*([^#]*)/i;

/** Reads the pragmas: for the next instruction, for the stage that follows, for the whole file. */
export function readPragmas({ text, parts }: DockerfileText): Pragmas {
  const areas: Area[] = [];
  const ignores: Span[] = [];
  const everywhere = new Set<string>();
  let language: string | null = null;
  let next = new Set<string>();
  let nextStage = new Set<string>();
  let stageAreas: Area[] = [];
  for (const { kind, span } of parts) {
    if (kind === 'instruction') {
      if (next.size > 0) areas.push({ rules: next, start: span.start, end: span.end });
      next = new Set();
      if (/^\s*FROM\s/i.test(text.slice(span.start, span.start + 200))) {
        for (const area of stageAreas) area.end = span.start;
        stageAreas = nextStage.size > 0 ? [{ rules: nextStage, start: span.start, end: text.length + 1 }] : [];
        areas.push(...stageAreas);
        nextStage = new Set();
      }
    }
    if (kind !== 'comment') continue;
    const [, scope, verb, list = ''] = pragma.exec(text.slice(span.start, span.end)) ?? [];
    if (verb === undefined) continue;
    if (verb.toLowerCase() === 'shell') {
      language = list.trim();
      continue;
    }
    const named = list.split(',').map((rule) => rule.trim().toUpperCase());
    // A list with anything else in it is taken for prose, not for a wish.
    if (!named.every((rule) => /^[A-Z]+\d+$/.test(rule))) continue;
    ignores.push({ start: span.start, end: span.start + text.slice(span.start, span.end).trimEnd().length });
    const into = scope === undefined ? next : scope.toLowerCase() === 'stage' ? nextStage : everywhere;
    for (const rule of named) into.add(rule);
  }
  const byRule = new Map<string, Area[]>();
  for (const area of areas)
    for (const rule of area.rules) {
      const known = byRule.get(rule);
      if (known) known.push(area);
      else byRule.set(rule, [area]);
    }
  return {
    language,
    ignores,
    ignored: (rule, offset) =>
      everywhere.has(rule) || (byRule.get(rule) ?? []).some(({ start, end }) => offset >= start && offset < end),
  };
}

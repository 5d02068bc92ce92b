/** One instruction of a Dockerfile, its continuation lines joined. */
export interface Instruction {
  /** Line where it begins, from 1. */
  readonly line: number;
  /** Upper case. */
  readonly keyword: string;
  /** `--from=build` as `['from', 'build']`, in order. */
  readonly flags: readonly (readonly [name: string, value: string])[];
  /** The rest, as one line; bodies of heredocs are left out. */
  readonly value: string;
}

const heredoc = /<<-?\s*(["']?)([A-Za-z_][A-Za-z0-9_]*)\1/g;
/** Only these take heredocs. */
const takesHeredoc = new Set(['RUN', 'COPY', 'ADD']);

function escapeOf(lines: readonly string[]): string {
  for (const line of lines) {
    const directive = /^\s*#\s*([A-Za-z]+)\s*=\s*(\S+)\s*$/.exec(line);
    if (!directive) return '\\';
    if (directive[1]?.toLowerCase() === 'escape' && directive[2] === '`') return '`';
  }
  return '\\';
}

function splitFlags(rest: string): Pick<Instruction, 'flags' | 'value'> {
  const flags: [string, string][] = [];
  let value = rest;
  for (
    let flag = /^--([a-z][a-z-]*)(?:=(\S*))?\s*/.exec(value);
    flag;
    flag = /^--([a-z][a-z-]*)(?:=(\S*))?\s*/.exec(value)
  ) {
    flags.push([flag[1] ?? '', flag[2] ?? '']);
    value = value.slice(flag[0].length);
  }
  return { flags, value };
}

/** Cuts a Dockerfile into instructions: comments, continuation lines, the `escape` directive and heredocs as Docker reads them. */
export function readInstructions(text: string): Instruction[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const escape = escapeOf(lines);
  const found: Instruction[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const start = at;
    let whole = lines[at] ?? '';
    if (/^\s*(#|$)/.test(whole)) continue;
    for (let open = cutEscape(whole, escape); open !== null && at + 1 < lines.length; open = cutEscape(whole, escape)) {
      at += 1;
      const next = lines[at] ?? '';
      // A comment or an empty line inside an instruction goes, and the instruction goes on.
      whole = /^\s*(#|$)/.test(next) ? open + escape : open + next;
    }
    const [, keyword = '', rest = ''] = /^\s*(\S+)\s*([\s\S]*?)\s*$/.exec(cutEscape(whole, escape) ?? whole) ?? [];
    const upper = keyword.toUpperCase();
    if (takesHeredoc.has(upper)) at = skipHeredocs(rest, lines, at);
    found.push({ line: start + 1, keyword: upper, ...splitFlags(rest) });
  }
  return found;
}

function cutEscape(line: string, escape: string): string | null {
  const trimmed = line.trimEnd();
  return trimmed.endsWith(escape) ? trimmed.slice(0, -1) : null;
}

function skipHeredocs(rest: string, lines: readonly string[], from: number): number {
  let at = from;
  for (const [, , name] of rest.matchAll(heredoc)) {
    const end = lines.findIndex((line, index) => index > at && line.replace(/^\t+/, '') === name);
    if (end >= 0) at = end;
  }
  return at;
}

import type { Joined, Piece } from './joined.ts';
import { join } from './joined.ts';
import type { Span } from './positions.ts';

/** `--name=value` before the arguments of an instruction. */
export interface Flag extends Span {
  readonly name: string;
  readonly value: string;
}

/** A here-document: `mark` as written, its body as it stands in the file. */
export interface Heredoc extends Span {
  readonly mark: string;
  readonly body: Joined;
}

/** One instruction with its place; the span ends where its last line ends. */
export interface Instruction extends Span {
  /** Upper case. */
  readonly keyword: string;
  readonly keywordSpan: Span;
  readonly flags: readonly Flag[];
  /** What follows the flags, continuation lines joined, comments and heredoc bodies left out. */
  readonly value: Joined;
  readonly heredocs: readonly Heredoc[];
  /** What ONBUILD holds back. */
  readonly trigger: Instruction | null;
}

/** Lines that follow each other; put together in order, the parts are the text. */
export type Part =
  | { readonly kind: 'blank' | 'comment'; readonly span: Span }
  | { readonly kind: 'instruction'; readonly span: Span; readonly instruction: Instruction };

/** A Dockerfile cut up. */
export interface DockerfileText {
  readonly text: string;
  readonly escape: '\\' | '`';
  readonly parts: readonly Part[];
}

interface Line extends Span {
  /** Without the line break. */
  readonly text: string;
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline + 1;
    let stop = newline < 0 ? end : newline;
    if (text[stop - 1] === '\r' && stop > start) stop -= 1;
    const skip = start === 0 && text.startsWith('\uFEFF') ? 1 : 0;
    lines.push({ text: ' '.repeat(skip) + text.slice(start + skip, stop), start, end });
    start = end;
  }
  return lines;
}

function escapeOf(lines: readonly Line[]): '\\' | '`' {
  for (const { text } of lines) {
    const directive = /^\s*#\s*([A-Za-z]+)\s*=\s*(\S+)\s*$/.exec(text);
    if (!directive) break;
    if (directive[1]?.toLowerCase() === 'escape' && directive[2] === '`') return '`';
  }
  return '\\';
}

/** Text before a continuation mark at the end of the line, or null when the instruction ends here. */
function continued(text: string, escape: string): string | null {
  const trimmed = text.trimEnd();
  return trimmed.endsWith(escape) ? trimmed.slice(0, -1) : null;
}

const isComment = (text: string): boolean => text.trimStart().startsWith('#');
const isBlank = (text: string): boolean => text.trim() === '';

/** Reads any text; it never throws. Unknown keywords are instructions too: rules judge them. */
export function readDockerfileText(text: string): DockerfileText {
  const lines = linesOf(text);
  const escape = escapeOf(lines);
  const parts: Part[] = [];
  const endOf = new EndMarks(lines);
  for (let at = 0; at < lines.length; at += 1) {
    const first = lines[at];
    if (!first) break;
    if (isBlank(first.text) || isComment(first.text)) {
      parts.push({ kind: isBlank(first.text) ? 'blank' : 'comment', span: { start: first.start, end: first.end } });
      continue;
    }
    const pieces: Piece[] = [];
    let last = first;
    for (let line: Line | undefined = first; line; line = lines[(at += 1)]) {
      last = line;
      if (line !== first && (isComment(line.text) || isBlank(line.text))) {
        if (at + 1 >= lines.length) break;
        continue;
      }
      const open = continued(line.text, escape);
      pieces.push({ text: open ?? line.text, start: line.start });
      if (open === null || at + 1 >= lines.length) break;
    }
    const whole = join(pieces, first.start);
    const heredocs: Heredoc[] = [];
    if (/^\s*(?:ONBUILD\s+)?(?:RUN|COPY|ADD)\s/i.test(whole.text)) {
      for (const mark of heredocMarks(whole.text)) {
        const end = endOf.find(mark.name, at + 1);
        if (end < 0) break;
        const from = lines[at]?.end ?? text.length;
        const closing = lines[end];
        const until = closing?.start ?? text.length;
        heredocs.push({
          mark: mark.name,
          start: from,
          end: closing?.end ?? until,
          body: join([{ text: text.slice(from, until), start: from }], from),
        });
        at = end;
        last = closing ?? last;
      }
    }
    const span = { start: first.start, end: last.end };
    parts.push({ kind: 'instruction', span, instruction: readInstruction(whole, span, heredocs, 0) });
  }
  return { text, escape, parts };
}

function readInstruction(whole: Joined, span: Span, heredocs: readonly Heredoc[], depth: number): Instruction {
  const begin = whole.text.length - whole.text.trimStart().length;
  const keyword = /^\S+/.exec(whole.text.slice(begin))?.[0] ?? '';
  let at = begin + keyword.length;
  const flags: Flag[] = [];
  const flag = /\s*--([A-Za-z][A-Za-z-]*)(?:=((?:"[^"]*"|'[^']*'|[^\s"'])*))?(?=\s|$)/y;
  for (flag.lastIndex = at; ;) {
    const found = flag.exec(whole.text);
    if (!found) break;
    const lead = found[0].length - found[0].trimStart().length;
    flags.push({
      name: (found[1] ?? '').toLowerCase(),
      value: found[2] ?? '',
      start: whole.offset(at + lead),
      end: whole.offset(at + found[0].length - 1) + 1,
    });
    at += found[0].length;
    flag.lastIndex = at;
  }
  const rest = whole.text.slice(at);
  const value = trimEnd(whole.from(at + rest.length - rest.trimStart().length));
  const upper = keyword.toUpperCase();
  return {
    keyword: upper,
    keywordSpan: { start: whole.offset(begin), end: whole.offset(begin + Math.max(keyword.length - 1, 0)) + 1 },
    flags,
    value,
    heredocs,
    // ONBUILD of ONBUILD is refused by a rule; reading deeper would serve nobody.
    trigger:
      upper === 'ONBUILD' && value.text !== '' && depth < 2 ? readInstruction(value, span, heredocs, depth + 1) : null,
    ...span,
  };
}

function trimEnd(joined: Joined): Joined {
  return { ...joined, text: joined.text.trimEnd() };
}

function* heredocMarks(text: string): Generator<{ name: string }> {
  for (const [, , name] of text.matchAll(/(?<!<)<<-?(["']?)([A-Za-z_][A-Za-z0-9_.]*)\1(?=[\s;&|)>]|$)/g))
    if (name !== undefined) yield { name };
}

/** Finds the lines that can end heredocs, so that many open heredocs do not mean many walks through the file. */
class EndMarks {
  readonly #lines: readonly Line[];
  #byText: Map<string, number[]> | null = null;

  constructor(lines: readonly Line[]) {
    this.#lines = lines;
  }

  find(mark: string, from: number): number {
    if (!this.#byText) {
      this.#byText = new Map();
      for (const [index, { text }] of this.#lines.entries()) {
        const key = text.replace(/^\t+/, '');
        if (!/^[A-Za-z_][A-Za-z0-9_.]*$/.test(key)) continue;
        const known = this.#byText.get(key);
        if (known) known.push(index);
        else this.#byText.set(key, [index]);
      }
    }
    const places = this.#byText.get(mark) ?? [];
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((places[middle] ?? 0) < from) low = middle + 1;
      else high = middle;
    }
    return places[low] ?? -1;
  }
}

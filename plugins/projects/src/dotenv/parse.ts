/** A line that sets no variable, as it was written. */
export interface PlainLine {
  readonly line: number;
  readonly text: string;
}

/** A variable as a `.env` text sets it. */
export interface SetLine {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly name: string;
  readonly value: string;
  readonly quoted: boolean;
  readonly exported: boolean;
  /** Comment behind the value, from `#` on. */
  readonly comment: string | null;
}

/** Something about a line that a person has to know. */
export interface Remark {
  readonly line: number;
  readonly message: string;
}

/** A `.env` text taken apart. */
export interface Dotenv {
  readonly lines: readonly (PlainLine | SetLine)[];
  /** What can't be read; nothing is to be saved while there is one. */
  readonly problems: readonly Remark[];
  /** What is odd, and done anyway: of a name that is set twice the last value holds. */
  readonly warnings: readonly Remark[];
}

const assignment = /^[^\S\n]*(export[^\S\n]+)?([A-Za-z_][A-Za-z0-9_]*)[^\S\n]*=[^\S\n]*/;
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$' };

/**
 * Reads a `.env` text: comments, `export`, values without quotes up to ` #`, `'…'` and `` `…` `` as they are, `"…"` with escapes; quotes
 * go over lines. A byte order mark and Windows line ends are taken away. Names are not put into values. Never throws.
 */
export function parseDotenv(given: string): Dotenv {
  const text = given.replace(/^\uFEFF/, '').replace(/\r\n/g, '\n');
  const lines: (PlainLine | SetLine)[] = [];
  const problems: Remark[] = [];
  const warnings: Remark[] = [];
  const first = new Map<string, number>();
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const end = lineEnd(text, at);
    const whole = text.slice(at, end);
    const match = assignment.exec(whole);
    if (whole.trim() === '' || whole.trimStart().startsWith('#')) lines.push({ line, text: whole });
    else if (!match?.[2]) problems.push({ line, message: 'is no comment and no NAME=value' });
    else {
      const name = match[2];
      const read = readValue(text, at + match[0].length, end);
      if (!read.ok) problems.push({ line, message: `${name} ${read.message}` });
      else {
        const before = first.get(name);
        if (before !== undefined)
          warnings.push({ line, message: `${name} is set on line ${before} already; this one holds` });
        first.set(name, line);
        lines.push({ line, name, ...read.value, exported: match[1] !== undefined });
        line += countLines(text.slice(at, read.end));
        at = read.end + 1;
        continue;
      }
    }
    at = end + 1;
    line += 1;
  }
  return { lines, problems, warnings };
}

type Value = Pick<SetLine, 'value' | 'quoted' | 'comment'>;
type Read =
  { readonly ok: true; readonly value: Value; readonly end: number } | { readonly ok: false; readonly message: string };

/** Reads a value that begins at `at`; `end` is the end of its first line. Answers the end of its last one. */
function readValue(text: string, at: number, end: number): Read {
  const quote = text[at];
  if (at >= end || (quote !== "'" && quote !== '"' && quote !== '`')) return readBare(text, at, end);
  const closing = quote === '"' ? closingQuote(text, at + 1) : text.indexOf(quote, at + 1);
  if (closing === -1) return { ok: false, message: `begins with ${quote} and has no ${quote} at its end` };
  const rest = text.slice(closing + 1, lineEnd(text, closing));
  if (!/^\s*(#.*)?$/.test(rest)) return { ok: false, message: `has something behind its closing ${quote}` };
  const inside = text.slice(at + 1, closing);
  const value = quote === '"' ? inside.replace(/\\([nrt"\\$])/g, (_, one: string) => escapes[one] ?? one) : inside;
  return { ok: true, value: { value, quoted: true, comment: rest.trim() || null }, end: lineEnd(text, closing) };
}

/** A value without quotes goes to white space before `#`; what is right behind `=` is never a comment. */
function readBare(text: string, at: number, end: number): Read {
  const rest = text.slice(at, end);
  const spaced = text[at - 1] !== '=' && rest.startsWith('#');
  const length = spaced ? 0 : rest.search(/\s#/);
  const value = length === -1 ? rest : rest.slice(0, length);
  const comment = length === -1 ? '' : rest.slice(length).trim();
  return { ok: true, value: { value: value.trim(), quoted: false, comment: comment || null }, end };
}

function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return -1;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

function countLines(text: string): number {
  return text.split('\n').length;
}

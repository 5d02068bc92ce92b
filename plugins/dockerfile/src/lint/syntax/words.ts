import type { Joined } from './joined.ts';
import type { Span } from './positions.ts';

/** One word with its quotes taken off; the span holds them. A `$` that stands for itself is `\$` in it. */
export interface Word extends Span {
  readonly value: string;
  /** Whether a variable or a command substitution is part of it. */
  readonly dynamic: boolean;
}

/** Cuts the arguments of an instruction into words as Docker does: quotes hold spaces together. */
export function readWords(joined: Joined): Word[] {
  const { text } = joined;
  const words: Word[] = [];
  for (let at = 0; at < text.length;) {
    if (/\s/.test(text[at] ?? '')) {
      at += 1;
      continue;
    }
    const begin = at;
    let value = '';
    let dynamic = false;
    let quote = '';
    for (; at < text.length; at += 1) {
      const char = text[at] ?? '';
      if (quote === '' && /\s/.test(char)) break;
      if (quote === '' ? char === '"' || char === "'" : char === quote) quote = quote === '' ? char : '';
      else if (char === '\\' && quote !== "'" && /["'\\$ ]/.test(text[at + 1] ?? '')) {
        at += 1;
        value += text[at] === '$' ? '\\$' : (text[at] ?? '');
      } else {
        if (char === '$' && quote !== "'") dynamic = true;
        value += char === '$' && quote === "'" ? '\\$' : char;
      }
    }
    words.push({ value, dynamic, start: joined.offset(begin), end: joined.offset(at - 1) + 1 });
  }
  return words;
}

/** The JSON form `["a", "b"]`, or null when it is not of that form. */
export function readJsonForm(joined: Joined): Word[] | null {
  if (!joined.text.startsWith('[')) return null;
  try {
    const parsed: unknown = JSON.parse(joined.text);
    if (!Array.isArray(parsed)) return null;
    const span = { start: joined.offset(0), end: joined.offset(joined.text.length - 1) + 1 };
    return parsed.every((word) => typeof word === 'string')
      ? parsed.map((value: string) => ({ value, dynamic: false, ...span }))
      : null;
  } catch {
    // Not JSON: Docker reads it as a shell line, and so do we.
    return null;
  }
}

/** `NAME=value …` of ENV, ARG and LABEL, or the old `NAME value`. */
export interface Pair {
  readonly name: Word;
  /** Null for `ARG NAME`. */
  readonly value: string | null;
  /** Span of the whole pair. */
  readonly span: Span;
}

/** Reads the pairs of ENV, ARG (`alone`) or LABEL. */
export function readPairs(joined: Joined, alone: boolean): Pair[] {
  const words = readWords(joined);
  const [first] = words;
  if (!first) return [];
  if (!alone && !first.value.includes('=')) {
    const last = words.at(-1) ?? first;
    const rest = words.slice(1).map(({ value }) => value);
    return [{ name: first, value: rest.join(' '), span: { start: first.start, end: last.end } }];
  }
  return words.map((word) => {
    const equals = word.value.indexOf('=');
    const name = equals < 0 ? word.value : word.value.slice(0, equals);
    return {
      name: { ...word, value: name },
      value: equals < 0 ? null : word.value.slice(equals + 1),
      span: { start: word.start, end: word.end },
    };
  });
}

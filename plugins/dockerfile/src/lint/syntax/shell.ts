import type { Joined } from './joined.ts';
import type { Span } from './positions.ts';
import type { Word } from './words.ts';

/** One simple command of a shell script. */
export interface Command extends Span {
  /** Base name of the program: `apt-get` for `/usr/bin/apt-get`. */
  readonly name: string;
  readonly nameWord: Word;
  readonly args: readonly Word[];
  /** `NAME=value` before the program. */
  readonly assignments: readonly Word[];
  /** Whether its output goes into another command. */
  readonly piped: boolean;
}

/** A script: its commands in order, those in substitutions and groups among them. */
export interface Script {
  readonly commands: readonly Command[];
}

const reserved = new Set(
  'if then else elif fi for while until do done case esac in select function { } ! [[ ]]'.split(' '),
);
/** Programs that run the program named after them. */
const wrappers = new Set(['sudo', 'exec', 'command', 'time', 'nohup', 'eatmydata', 'builtin']);
/** Deeper substitutions are read as plain text. */
const deepest = 40;
/** `sudo env nice …`: more are not followed. */
const mostWrappers = 6;
const redirect = /(?:\d*(?:<<<|<<-?|<>|<&|>>|>\||>&|<|>)|&>>?)/y;

/** Reads POSIX shell and bash as far as rules need it; any text gives a script. */
export function readShell(joined: Joined): Script {
  const reader = new ShellReader(joined);
  reader.list(0, '');
  return { commands: reader.commands.sort((a, b) => a.start - b.start) };
}

interface Draft {
  words: Word[];
  assignments: Word[];
  /** The next word belongs to a redirection, of a here-document when `heredoc` is set. */
  swallow: boolean;
  heredoc: boolean;
}

const emptyDraft = (): Draft => ({ words: [], assignments: [], swallow: false, heredoc: false });

class ShellReader {
  readonly commands: Command[] = [];
  readonly #text: string;
  readonly #joined: Joined;
  #at = 0;
  /** Marks of here-documents whose bodies begin after this line. */
  #heredocs: string[] = [];

  constructor(joined: Joined) {
    this.#joined = joined;
    this.#text = joined.text;
  }

  /** Reads commands until `close` or the end. */
  list(depth: number, close: string): void {
    let draft: Draft = emptyDraft();
    const finish = (piped: boolean): void => {
      this.#finish(draft, piped);
      draft = emptyDraft();
    };
    let groups = 0;
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] ?? '';
      if (close !== '' && char === close && groups === 0) {
        this.#at += 1;
        break;
      }
      if (char === ' ' || char === '\t' || char === '\r') this.#at += 1;
      else if (char === '#') this.#comment();
      else if (this.#redirect(draft)) continue;
      else if (char === '\n' || char === ';') {
        finish(false);
        this.#at += 1;
        if (char === '\n') this.#skipHeredocs();
      } else if (char === '&') {
        finish(false);
        this.#at += this.#text[this.#at + 1] === '&' ? 2 : 1;
      } else if (char === '|') {
        const or = this.#text[this.#at + 1] === '|';
        finish(!or);
        this.#at += or || this.#text[this.#at + 1] === '&' ? 2 : 1;
      } else if (char === '(' || char === ')') {
        finish(false);
        groups = char === '(' ? groups + 1 : Math.max(groups - 1, 0);
        this.#at += 1;
      } else this.#take(draft, this.#word(depth, close));
    }
    finish(false);
  }

  #comment(): void {
    const newline = this.#text.indexOf('\n', this.#at);
    this.#at = newline < 0 ? this.#text.length : newline;
  }

  #redirect(draft: Draft): boolean {
    redirect.lastIndex = this.#at;
    const found = redirect.exec(this.#text);
    if (!found) return false;
    this.#at += found[0].length;
    draft.swallow = true;
    if (/^\d*<<-?$/.test(found[0])) draft.heredoc = true;
    return true;
  }

  #skipHeredocs(): void {
    for (const mark of this.#heredocs.splice(0)) {
      while (this.#at < this.#text.length) {
        const newline = this.#text.indexOf('\n', this.#at);
        const line = this.#text.slice(this.#at, newline < 0 ? undefined : newline);
        this.#at = newline < 0 ? this.#text.length : newline + 1;
        if (line.trim() === mark) break;
      }
    }
  }

  #take(draft: Draft, word: Word): void {
    if (draft.swallow) {
      if (draft.heredoc) this.#heredocs.push(word.value);
      draft.swallow = draft.heredoc = false;
    } else if (draft.words.length === 0 && reserved.has(word.value)) return;
    else if (draft.words.length === 0 && /^[A-Za-z_][A-Za-z0-9_]*\+?=/.test(word.value)) draft.assignments.push(word);
    else draft.words.push(word);
  }

  #finish({ words, assignments }: Draft, piped: boolean): void {
    for (let from = 0, unwrapped = 0; unwrapped < mostWrappers; unwrapped += 1) {
      const nameWord = words[from];
      if (!nameWord) {
        const [only] = assignments;
        // `A=1` alone still counts as a command: a RUN of two of them has two steps.
        if (only && from === 0)
          this.commands.push({
            name: '',
            nameWord: { ...only, value: '' },
            args: [],
            assignments,
            piped,
            start: only.start,
            end: only.end,
          });
        return;
      }
      const args = words.slice(from + 1);
      const name = nameWord.value.slice(nameWord.value.lastIndexOf('/') + 1);
      const start = (from === 0 ? assignments[0] : undefined)?.start ?? nameWord.start;
      const end = (args.at(-1) ?? nameWord).end;
      this.commands.push({ name, nameWord, args, assignments, piped: piped && from === 0, start, end });
      if (name === 'env') {
        const next = args.findIndex(({ value }) => !value.startsWith('-') && !value.includes('='));
        if (next < 0) return;
        from += next + 1;
      } else if (wrappers.has(name)) {
        const next = args.findIndex(({ value }) => !value.startsWith('-'));
        if (next < 0) return;
        from += next + 1;
      } else return;
    }
  }

  #word(depth: number, close: string): Word {
    const begin = this.#at;
    let value = '';
    let dynamic = false;
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] ?? '';
      if (char === close || ' \t\r\n;&|()<>'.includes(char)) break;
      if (char === "'") {
        const end = this.#text.indexOf("'", this.#at + 1);
        value += this.#text.slice(this.#at + 1, end < 0 ? undefined : end);
        this.#at = end < 0 ? this.#text.length : end + 1;
      } else if (char === '"') {
        this.#at += 1;
        while (this.#at < this.#text.length && this.#text[this.#at] !== '"') {
          const part = this.#part(depth, true);
          value += part.text;
          dynamic ||= part.dynamic;
        }
        this.#at += 1;
      } else {
        const part = this.#part(depth, false);
        value += part.text;
        dynamic ||= part.dynamic;
      }
    }
    this.#at = Math.min(Math.max(this.#at, begin + 1), this.#text.length);
    return { value, dynamic, start: this.#joined.offset(begin), end: this.#joined.offset(this.#at - 1) + 1 };
  }

  /** One character, escape, variable or substitution. */
  #part(depth: number, quoted: boolean): { text: string; dynamic: boolean } {
    const text = this.#text;
    const char = text[this.#at] ?? '';
    const next = text[this.#at + 1] ?? '';
    if (char === '\\') {
      this.#at += 2;
      return { text: next === '\n' ? '' : quoted && !'"\\$`'.includes(next) ? char + next : next, dynamic: false };
    }
    if (char === '$' && next === '{') return this.#braced();
    if (text.startsWith('$((', this.#at)) {
      const begin = this.#at;
      const end = text.indexOf('))', begin);
      this.#at = end < 0 ? text.length : end + 2;
      return { text: text.slice(begin, this.#at), dynamic: true };
    }
    if (char === '$' && next === '(' && depth < deepest) {
      const begin = this.#at;
      this.#at += 2;
      this.list(depth + 1, ')');
      return { text: text.slice(begin, Math.min(this.#at, begin + 200)), dynamic: true };
    }
    if (char === '`' && depth < deepest) {
      const begin = this.#at;
      this.#at += 1;
      this.list(deepest, '`');
      return { text: text.slice(begin, Math.min(this.#at, begin + 200)), dynamic: true };
    }
    this.#at += 1;
    return { text: char, dynamic: char === '$' && /[A-Za-z_]/.test(next) };
  }

  #braced(): { text: string; dynamic: boolean } {
    const end = this.#text.indexOf('}', this.#at);
    const stop = end < 0 ? this.#text.length : end + 1;
    const text = this.#text.slice(this.#at, stop);
    this.#at = stop;
    return { text, dynamic: true };
  }
}

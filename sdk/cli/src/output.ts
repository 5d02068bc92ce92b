import { terminalLine, terminalText } from '@containr/sdk/host';

/** Where answers go: tables and sentences for people, one JSON document for programs. */
export interface Output {
  readonly json: boolean;
  /** A list: columns for people, the items for programs. */
  table<T>(items: readonly T[], columns: Readonly<Record<string, (item: T) => string>>, empty: string): void;
  /** One fact. */
  value(document: unknown, sentence: string): void;
  /** Progress, for people only. */
  line(text: string): void;
  /** What a program wrote, as it wrote it but for what steers a terminal; `document` for programs, a line each. */
  written(document: unknown, text: string): void;
  /** A text that goes to a file or a pipe as it is, and to a terminal without what steers it; stdout unless said otherwise. */
  raw(text: string, stream?: 'stdout' | 'stderr'): void;
  /** Something beside the answer, for people, on stderr. */
  aside(text: string): void;
  /** An error with its hint, on stderr. */
  fail(error: unknown): void;
}

/**
 * Makes the output; `json` is asked at each call because options are parsed late. Everything comes from somewhere else: names,
 * logs, errors. So nothing reaches the terminal that steers it, and no name passes for a line of its own.
 */
export function createOutput(json: () => boolean): Output {
  return {
    get json() {
      return json();
    },
    table(items, columns, empty) {
      if (json()) return write(items);
      if (items.length === 0) return void process.stdout.write(`${empty}\n`);
      const names = Object.keys(columns);
      const rows = items.map((item) => Object.values(columns).map((column) => terminalLine(column(item))));
      const widths = names.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
      for (const row of [names, ...rows])
        process.stdout.write(
          `${row
            .map((cell, at) => cell.padEnd(widths[at] ?? 0))
            .join('  ')
            .trimEnd()}\n`,
        );
    },
    value(document, sentence) {
      if (json()) write(document);
      else process.stdout.write(`${terminalText(sentence)}\n`);
    },
    line(text) {
      if (!json()) process.stdout.write(`${terminalText(text)}\n`);
    },
    written(document, text) {
      process.stdout.write(`${json() ? plainJson(document, 0) : terminalLine(text, { colours: true })}\n`);
    },
    raw(text, stream = 'stdout') {
      process[stream].write(process[stream].isTTY ? terminalText(text, { colours: true }) : text);
    },
    aside(text) {
      if (!json()) process.stderr.write(`${terminalText(text)}\n`);
    },
    fail(error) {
      const { code, detail, hint } = describe(error);
      if (json()) process.stderr.write(`${plainJson({ error: { code, detail, hint } }, 0)}\n`);
      else process.stderr.write(`${terminalText(hint ? `${detail}\n${hint}` : detail)}\n`);
    },
  };
}

function write(document: unknown): void {
  process.stdout.write(`${plainJson(document, 2)}\n`);
}

/** JSON escapes the first control characters by itself; the rest that steers a terminal is escaped too. */
function plainJson(document: unknown, indent: number): string {
  return JSON.stringify(document, null, indent).replace(
    /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function describe(error: unknown): { code: string; detail: string; hint: string | null } {
  const text = (name: string): string | null => {
    const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : null;
    return typeof value === 'string' ? value : null;
  };
  return {
    code: text('code') ?? 'INTERNAL',
    detail: text('detail') ?? text('message') ?? String(error),
    hint: text('hint'),
  };
}

/** Where answers go: tables and sentences for people, one JSON document for programs. */
export interface Output {
  readonly json: boolean;
  /** A list: columns for people, the items for programs. */
  table<T>(items: readonly T[], columns: Readonly<Record<string, (item: T) => string>>, empty: string): void;
  /** One fact. */
  value(document: unknown, sentence: string): void;
  /** Progress, for people only. */
  line(text: string): void;
  /** An error with its hint, on stderr. */
  fail(error: unknown): void;
}

/** Makes the output; `json` is asked at each call because options are parsed late. */
export function createOutput(json: () => boolean): Output {
  return {
    get json() {
      return json();
    },
    table(items, columns, empty) {
      if (json()) return write(items);
      if (items.length === 0) return void process.stdout.write(`${empty}\n`);
      const names = Object.keys(columns);
      const rows = items.map((item) => Object.values(columns).map((column) => column(item)));
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
      else process.stdout.write(`${sentence}\n`);
    },
    line(text) {
      if (!json()) process.stdout.write(`${text}\n`);
    },
    fail(error) {
      const { code, detail, hint } = describe(error);
      if (json()) process.stderr.write(`${JSON.stringify({ error: { code, detail, hint } })}\n`);
      else process.stderr.write(`${detail}${hint ? `\n${hint}` : ''}\n`);
    },
  };
}

function write(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
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

/** One row of a log as it is drawn. */
export interface LogRow {
  readonly key: string;
  /** RFC 3339. */
  readonly at: string;
  readonly source: string;
  readonly text: string;
  readonly kind: 'plain' | 'error' | 'system' | 'heading' | 'notice';
}

// ESC-led terminal sequences: colours, cursor moves, titles. Written with the constructor because the pattern needs control characters.
const terminalCodes = new RegExp(
  '\\u001b(?:\\[[0-9;?]*[ -/]*[@-~]|\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)|[@-Z\\\\-_])',
  'g',
);

/** The text that a person would read: without terminal codes, and the last state of a line that redraws itself. */
export function readable(text: string): string {
  const plain = text.replace(terminalCodes, '').replace(/\r+$/, '');
  const redrawn = plain.lastIndexOf('\r');
  return redrawn < 0 ? plain : plain.slice(redrawn + 1);
}

/** Rows in a plain array with a cap, and the keys that were seen: a row sent again is kept once. */
export class LogBuffer {
  readonly #cap: number;
  readonly #keys = new Set<string>();
  rows: LogRow[] = [];
  /** How many of the oldest rows were let go. */
  dropped = 0;

  constructor(cap = 50_000) {
    this.#cap = cap;
  }

  /** Adds rows; returns how many were new and how many old ones had to go. */
  add(rows: readonly LogRow[]): { added: number; removed: number } {
    let added = 0;
    for (const row of rows) {
      if (this.#keys.has(row.key)) continue;
      this.#keys.add(row.key);
      this.rows.push(row);
      added += 1;
    }
    // Trimmed in steps, so that a full buffer does not copy itself for every line.
    const over = this.rows.length - this.#cap;
    if (over < this.#cap / 10) return { added, removed: 0 };
    for (const row of this.rows.splice(0, over)) this.#keys.delete(row.key);
    this.dropped += over;
    return { added, removed: over };
  }

  clear(): void {
    this.rows = [];
    this.#keys.clear();
    this.dropped = 0;
  }
}

import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import type { Strike } from './strike.ts';
import { files } from './strike.ts';

const Pass = defineSchema({
  type: 'object',
  properties: { point: { type: 'string' }, at: { type: 'integer' } },
  required: ['point', 'at'],
  additionalProperties: false,
});

/** One side of an effect, passed for the nth time in an operation. */
export interface Boundary {
  readonly point: string;
  readonly occurrence: number;
}

/** The folder over which a test and the probes in an install's processes talk. */
export class Boundaries {
  readonly folder: string;
  #strikes = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Forgets what was passed so far. */
  async forget(): Promise<void> {
    // Probes hold the file open: it is emptied, not replaced.
    await writeFile(join(this.folder, files.passes), '');
  }

  /** What was passed since {@link forget}, in order. */
  async passed(): Promise<string[]> {
    const text = await readFile(join(this.folder, files.passes), 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => validate<{ point: string }>(Pass, JSON.parse(line), 'A pass').point);
  }

  /** From now on, whoever comes to the boundary kills these. */
  async arm(boundary: Boundary, pids: readonly number[]): Promise<void> {
    this.#strikes += 1;
    const strike: Strike = { id: `${process.pid}-${this.#strikes}`, ...boundary, pids };
    await rm(join(this.folder, files.struck), { force: true });
    const path = join(this.folder, files.strike);
    await writeFile(`${path}.next`, JSON.stringify(strike));
    await rename(`${path}.next`, path);
  }

  /** Whether somebody came there. */
  get struck(): boolean {
    return existsSync(join(this.folder, files.struck));
  }

  /** Takes a strike back that nobody came to. */
  async disarm(): Promise<void> {
    await rm(join(this.folder, files.strike), { force: true });
  }
}

/**
 * The boundaries of an operation: what was passed in it, without what is passed also when nothing happens. A point that comes
 * again and again counts `most` times.
 */
export function boundariesOf(passed: readonly string[], idle: ReadonlySet<string>, most: number): Boundary[] {
  const counts = new Map<string, number>();
  return passed.flatMap((point) => {
    if (idle.has(point)) return [];
    const occurrence = (counts.get(point) ?? 0) + 1;
    counts.set(point, occurrence);
    return occurrence > most ? [] : [{ point, occurrence }];
  });
}

import { openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Strike } from '../strike.ts';
import { files } from '../strike.ts';

// Taken before anybody wraps them.
const own = { readFileSync, renameSync, writeSync };

/** What this process passes: each pass is one line of a file, and may be where somebody is killed. */
export class Passes {
  readonly #role: string;
  readonly #log: number;
  readonly #strike: string;
  readonly #struck: string;
  #armed = '';
  #passed = 0;

  constructor(folder: string, role: string) {
    this.#role = role;
    this.#log = openSync(join(folder, files.passes), 'a', 0o600);
    this.#strike = join(folder, files.strike);
    this.#struck = join(folder, files.struck);
  }

  /** Names one side of an effect, and kills whom it is told to kill there before it returns. */
  pass(side: 'before' | 'sent' | 'after', what: string): void {
    const point = `${this.#role} ${side} ${what}`;
    own.writeSync(this.#log, `${JSON.stringify({ point, at: Date.now() })}\n`);
    const strike = this.#read();
    if (!strike) return;
    if (strike.id !== this.#armed) {
      this.#armed = strike.id;
      this.#passed = 0;
    }
    if (strike.point !== point) return;
    this.#passed += 1;
    if (this.#passed !== strike.occurrence) return;
    try {
      // Whoever moves it away strikes; nobody strikes twice.
      own.renameSync(this.#strike, this.#struck);
    } catch {
      return;
    }
    for (const pid of strike.pids) kill(pid);
  }

  #read(): Strike | null {
    try {
      return JSON.parse(own.readFileSync(this.#strike, 'utf8')) as Strike;
    } catch {
      return null;
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
  // Nothing further may happen here.
  if (pid === process.pid) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

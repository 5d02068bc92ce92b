import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Asks a question on the terminal; a secret answer is not shown. Reads a line of stdin when it is no terminal. */
export async function ask(question: string, options: { secret?: boolean } = {}): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = process.stdin.isTTY;
  if (terminal) process.stderr.write(question);
  const lines = createInterface({
    input: process.stdin,
    output: options.secret && terminal ? silent : process.stderr,
    terminal,
  });
  try {
    return (await lines.question('')).trim();
  } finally {
    lines.close();
    if (terminal && options.secret) process.stderr.write('\n');
  }
}

import { readFileSync } from 'node:fs';

const path = '.containr/static-server.mjs';

/** The start command that serves a folder of files, and the program that it runs. */
export function staticServe(folder: string): { start: string; files: Readonly<Record<string, string>> } {
  const program = readFileSync(new URL('../../assets/static-server.mjs', import.meta.url), 'utf8');
  return { start: `exec node ${path} ${folder}`, files: { [path]: program } };
}

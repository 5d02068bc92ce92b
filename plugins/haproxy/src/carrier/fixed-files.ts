import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { luaFor } from './lua.ts';
import { answerFiles } from './own-answers.ts';
import type { Paths } from './paths.ts';
import { writeWhole } from './write-whole.ts';

/** Writes what HAProxy needs whatever the table says: its own answers, and what its rules can't do. */
export async function writeFixedFiles(paths: Paths): Promise<void> {
  await mkdir(paths.answers, { recursive: true, mode: 0o700 });
  await mkdir(dirname(paths.maps.routes), { recursive: true, mode: 0o700 });
  await writeWhole(paths.lua, luaFor(paths));
  for (const { name, text } of answerFiles()) await writeWhole(join(paths.answers, name), text);
}

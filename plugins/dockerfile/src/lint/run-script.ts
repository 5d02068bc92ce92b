import type { Instruction } from './syntax/read-dockerfile-text.ts';
import type { Command } from './syntax/shell.ts';
import { readShell } from './syntax/shell.ts';
import type { Word } from './syntax/words.ts';

const shells = /^(?:\S*\/)?(?:sh|bash|ash|dash|ksh|zsh)\b/;

/** The commands of a RUN: of its line, of its JSON form, of the scripts in its heredocs. */
export function scriptOf({ value, heredocs }: Instruction, json: readonly Word[] | null): readonly Command[] {
  if (json) {
    const [nameWord, ...args] = json;
    if (!nameWord) return [];
    const name = nameWord.value.slice(nameWord.value.lastIndexOf('/') + 1);
    return [{ name, nameWord, args, assignments: [], piped: false, start: nameWord.start, end: nameWord.end }];
  }
  const own = readShell(value).commands;
  const [first] = heredocs;
  const isScript = first !== undefined && (value.text.startsWith('<<') || shells.test(value.text));
  if (!isScript) return own;
  const shebang = /^\s*#!\s*(\S+(?:[ \t]+\S+)?)/.exec(first.body.text)?.[1];
  if (shebang !== undefined && !shells.test(shebang.replace(/^\S*env\s+/, ''))) return own;
  return [...own, ...readShell(first.body).commands];
}

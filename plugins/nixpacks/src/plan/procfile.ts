import type { SourceTree } from './source-tree.ts';

/** Commands of a Procfile by process type; empty without one. */
export function readProcfile(source: SourceTree): ReadonlyMap<string, string> {
  const commands = new Map<string, string>();
  for (const line of (source.text('Procfile') ?? '').split('\n')) {
    const match = /^\s*([A-Za-z0-9_-]+)\s*:\s*(\S.*)$/.exec(line);
    if (match?.[1] && match[2]) commands.set(match[1], match[2].trimEnd());
  }
  return commands;
}

/** Puts `exec` before a command that is one plain program, so that signals reach it and no shell stays beside it. */
export function asOneProcess(command: string): string {
  const plain =
    /^[A-Za-z0-9_./@:-]+(\s[^;&|<>(){}`\n]*)?$/.test(command) &&
    !/^(cd|export|exec|set|\.|source|if|for|while)\b/.test(command) &&
    !command.includes('$(');
  return plain ? `exec ${command}` : command;
}

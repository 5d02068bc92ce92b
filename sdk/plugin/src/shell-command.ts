// eslint-disable-next-line no-restricted-syntax -- here it is named
const shell = '/bin/sh';

/**
 * The one place where a text that somebody wrote as a command becomes the arguments of a shell: `['/bin/sh', '-c', text]`. Only
 * for commands of users, and only inside a build or a replica; everything else is started by an array of its own. Lint lets
 * nothing else name a shell.
 */
export function shellCommand(text: string): readonly [string, '-c', string] {
  return [shell, '-c', text];
}

/** A command as the arguments of a program: an array as it is, a text by a shell. */
export function argumentsOf(command: string | readonly string[]): readonly string[] {
  return typeof command === 'string' ? shellCommand(command) : command;
}

/** A shell that reads its script from standard input, so that nothing of it is an argument that others could see. */
export const scriptShell = [shell, '-s'] as const;

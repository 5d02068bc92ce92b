import { readFile } from 'node:fs/promises';
import { lint } from '@containr/plugin-dockerfile/lint';
import type { CommandHost } from '../command.ts';

/** `lint`: judges a Dockerfile on this machine, without an install; exit code 1 when it has errors. */
export function lintCommand({ program, output, run }: CommandHost): void {
  program
    .command('lint')
    .argument('[file]', 'the Dockerfile', 'Dockerfile')
    .option('--hints', 'also the advice that many files live well without')
    .description("judge a Dockerfile by hadolint's and BuildKit's rules; exit code 1 when it has errors")
    .action((file: string, { hints }: { hints?: boolean }) =>
      run(async () => {
        const found = lint(await readFile(file, 'utf8')).filter(({ severity }) => hints || severity !== 'hint');
        output.table(
          found,
          {
            WHERE: ({ line, column }) => `${file}:${line}:${column}`,
            RULE: ({ rule }) => rule,
            SEVERITY: ({ severity }) => severity,
            MESSAGE: ({ message, fix }) => (fix ? `${message} (fix: ${fix.title})` : message),
          },
          `Nothing to find fault with in ${file}.`,
        );
        return found.some(({ severity }) => severity === 'error') ? 1 : 0;
      }),
    );
}

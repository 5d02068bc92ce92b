import { readFile, writeFile } from 'node:fs/promises';
import type { Finding } from '@containr/plugin-dockerfile/lint';
import { lint, mend } from '@containr/plugin-dockerfile/lint';
import type { CommandHost } from '../command.ts';

interface LintFlags {
  readonly hints?: boolean;
  readonly fix?: boolean;
}

/** `lint`: judges a Dockerfile on this machine, without an install; exit code 1 when it has errors. */
export function lintCommand({ program, output, run }: CommandHost): void {
  program
    .command('lint')
    .argument('[file]', 'the Dockerfile', 'Dockerfile')
    .option('--hints', 'also the advice that many files live well without')
    .option('--fix', 'mend the file first where a rule knows how')
    .description("judge a Dockerfile by hadolint's and BuildKit's rules; exit code 1 when it has errors")
    .action((file: string, { hints, fix }: LintFlags) =>
      run(async () => {
        const before = await readFile(file, 'utf8');
        const shown = ({ severity }: Finding): boolean => hints === true || severity !== 'hint';
        const text = fix ? mend(before, shown) : before;
        if (text !== before) await writeFile(file, text);
        const found = lint(text).filter(shown);
        output.table(
          found,
          {
            WHERE: ({ line, column }) => `${file}:${line}:${column}`,
            RULE: ({ rule }) => rule,
            SEVERITY: ({ severity }) => severity,
            MESSAGE: ({ message, fix: known }) => (known ? `${message} (--fix: ${known.title})` : message),
          },
          `Nothing to find fault with in ${file}.`,
        );
        return found.some(({ severity }) => severity === 'error') ? 1 : 0;
      }),
    );
}

import { relative } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { ContainrError, isContainrError } from '@containr/sdk';
import { createPlugin } from './create-plugin.ts';

const usage = `Usage: create-containr-plugin [--name NAME] [--summary "ONE LINE"] [--halves server,view,agent] [--folder FOLDER]
What is left out is asked for.
`;

/** The command `create-containr-plugin`. Resolves with the exit code: 0 done, 1 refused, 2 wrong usage. */
export async function main(argv: readonly string[], from: string): Promise<number> {
  let given;
  try {
    const text = { type: 'string' } as const;
    given = parseArgs({
      args: [...argv],
      options: { name: text, summary: text, halves: text, folder: text, help: { type: 'boolean' } },
    }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
  if (given.help) {
    process.stdout.write(usage);
    return 0;
  }
  const questions = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const name = given.name ?? (await questions.question('Name (lower-case, for example parcels): '));
    const summary = given.summary ?? (await questions.question('What does it do, in one line? '));
    const halves = halvesOf(
      given.halves ?? (await questions.question('Which halves? server is always there; add view, agent (both): ')),
    );
    const { folder } = given;
    const made = await createPlugin({ name, summary, ...halves, ...(folder === undefined ? {} : { folder }) }, from);
    process.stdout.write(`${name} is in ${relative(from, made) || '.'}. Next:

  cd ${relative(from, made) || '.'}
  npm install
  npm test
`);
    return 0;
  } catch (error) {
    const hint = isContainrError(error) && error.hint !== undefined ? `\n${error.hint}` : '';
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}${hint}\n`);
    return 1;
  } finally {
    questions.close();
  }
}

function halvesOf(text: string): { view: boolean; agent: boolean } {
  const names = text.split(/[\s,]+/).filter((name) => name !== '');
  if (names.length === 0) return { view: true, agent: true };
  const unknown = names.find((name) => !['server', 'view', 'agent'].includes(name));
  if (unknown !== undefined)
    throw new ContainrError({
      code: 'PLUGIN_HALF',
      status: 400,
      detail: `There is no half called ${JSON.stringify(unknown)}.`,
      hint: 'Choose from server, view and agent, with commas between.',
    });
  return { view: names.includes('view'), agent: names.includes('agent') };
}

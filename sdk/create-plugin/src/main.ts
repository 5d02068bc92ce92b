import { relative } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { ContainrError, isContainrError } from '@containr/sdk';
import { createPlugin } from './create-plugin.ts';
import { kindOf, kinds } from './kinds.ts';

const usage = `Usage: create-containr-plugin [--name NAME] [--summary "ONE LINE"] [--kind ${Object.keys(kinds).join('|')}]
       [--halves server,view,agent] [--folder FOLDER]
What is left out is asked for.
`;

/** The command `create-containr-plugin`. Resolves with the exit code: 0 done, 1 refused, 2 wrong usage. */
export async function main(argv: readonly string[], from: string): Promise<number> {
  let given;
  try {
    const text = { type: 'string' } as const;
    given = parseArgs({
      args: [...argv],
      options: { name: text, summary: text, kind: text, halves: text, folder: text, help: { type: 'boolean' } },
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
  const lines = questions[Symbol.asyncIterator]();
  // One line an answer, also from a pipe, whose lines may all be there at once.
  const ask = async (question: string): Promise<string> => {
    process.stderr.write(question);
    const line = await lines.next();
    if (line.done !== true) return line.value;
    throw unanswered(question);
  };
  try {
    const name = given.name ?? (await ask('Name (lower-case, for example parcels): '));
    const summary = given.summary ?? (await ask('What does it do, in one line? '));
    const asks = given.kind === undefined && given.halves === undefined;
    const kind = kindOf(given.kind ?? (asks ? await ask(kindQuestion) : ''));
    const halves = halvesOf(given.halves ?? (kind === 'notes' ? '' : 'server'));
    const { folder } = given;
    const wishes = { name, summary, kind, ...halves, ...(folder === undefined ? {} : { folder }) };
    const made = await createPlugin(wishes, from);
    process.stdout.write(`${name} is in ${relative(from, made) || '.'}. Next:

  cd ${relative(from, made) || '.'}
  npm install
  npm test
`);
    if (tooOld(process.versions.node))
      process.stdout.write(`\nIts tests need Node 22.18 or later, best 24; this is ${process.versions.node}.\n`);
    return 0;
  } catch (error) {
    const hint = isContainrError(error) && error.hint !== undefined ? `\n${error.hint}` : '';
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}${hint}\n`);
    return 1;
  } finally {
    questions.close();
  }
}

const kindQuestion = `${Object.entries(kinds)
  .map(([name, text]) => `  ${name.padEnd(10)}${text}`)
  .join('\n')}\nWhat does it begin as? (notes): `;

function unanswered(question: string): ContainrError {
  return new ContainrError({
    code: 'PLUGIN_UNNAMED',
    status: 400,
    detail: `Nobody answers "${question.trim()}".`,
    hint: 'Say it by flags: --name parcels --summary "Follows parcels" --kind notes',
  });
}

/** Node runs TypeScript by itself from 22.18 on. */
function tooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < 22 || (major === 22 && minor < 18);
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

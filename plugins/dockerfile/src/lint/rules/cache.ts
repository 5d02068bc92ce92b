import type { Fix } from '../finding.ts';
import type { Step } from '../model.ts';
import { readOptions } from '../options.ts';
import type { Rule } from '../rule.ts';
import type { Command } from '../syntax/shell.ts';

/** A command that installs what a few files name. */
interface Installer {
  readonly name: RegExp;
  readonly verbs: RegExp;
  /** Sources for COPY; a `*` at the end lets a file be missing. */
  readonly files: readonly string[];
}

const installers: readonly Installer[] = [
  { name: /^npm$/, verbs: /^(?:ci|clean-install)$|^(?:install|i)$/, files: ['package.json', 'package-lock.json*'] },
  { name: /^yarn$/, verbs: /^install$/, files: ['package.json', 'yarn.lock*', '.yarnrc.yml*'] },
  { name: /^pnpm$/, verbs: /^(?:install|i)$/, files: ['package.json', 'pnpm-lock.yaml*'] },
  { name: /^bun$/, verbs: /^(?:install|i)$/, files: ['package.json', 'bun.lock*'] },
  { name: /^bundle$/, verbs: /^install$/, files: ['Gemfile', 'Gemfile.lock*'] },
  { name: /^go$/, verbs: /^mod download$/, files: ['go.mod', 'go.sum*'] },
];
const harmless = new Set(['ARG', 'ENV', 'EXPOSE', 'LABEL']);
const requirement = new Set(['-r', '--requirement']);

/** Files that an install reads, or null when the command is none that reads only files of known names. */
function manifestsOf(command: Command): readonly string[] | null {
  if (/^pip[0-9.]*$/.test(command.name)) {
    const { operands, given } = readOptions(command, requirement);
    const files = given.flatMap(([name, value]) => (requirement.has(name) && value !== null ? [value] : []));
    const known = files.every((file) => /^[\w.-]+$/.test(file));
    return operands.length === 1 && operands[0]?.value === 'install' && files.length > 0 && known ? files : null;
  }
  const said = readOptions(command, new Set())
    .operands.map(({ value }) => value)
    .join(' ');
  return installers.find(({ name, verbs }) => name.test(command.name) && verbs.test(said))?.files ?? null;
}

/** Destination of a COPY of the whole context, or null. */
function wholeCopy({ instruction, words, onbuild }: Step): string | null {
  const [source, destination] = words;
  if (instruction.keyword !== 'COPY' || onbuild || words.length !== 2 || !source || !destination) return null;
  if (instruction.flags.some(({ name }) => name === 'from') || !/^\.\/?$/.test(source.value)) return null;
  return destination.value;
}

/** `CacheDependencies`: dependencies are installed before the sources that change more often than they do. */
export const cacheRule: Rule = {
  id: 'CacheDependencies',
  severity: 'hint',
  check: ({ stages, source }, report) => {
    for (const { steps } of stages) {
      let copy: Step | null = null;
      for (const step of steps) {
        const install = step.onbuild ? null : step.commands.map(manifestsOf).find((files) => files !== null);
        if (install && !copy) break;
        if (install && copy) {
          const fix =
            step.commands.length === 1
              ? moved(source.text, copy, steps.slice(steps.indexOf(copy) + 1, steps.indexOf(step)), step, install)
              : undefined;
          report(
            copy.instruction.keywordSpan,
            `Each change of any file installs all dependencies again. Copy ${install.join(' and ').replaceAll('*', '')} first, install, and copy the rest after that.`,
            fix,
          );
          break;
        }
        if (wholeCopy(step) !== null) copy ??= step;
      }
    }
  },
};

/** Copies only the files that the install needs at first, and all after it; nothing between the two may need more. */
function moved(
  text: string,
  copy: Step,
  between: readonly Step[],
  run: Step,
  files: readonly string[],
): Fix | undefined {
  const destination = wholeCopy(copy) ?? '.';
  const settled = between.every(({ instruction: { keyword } }) =>
    keyword === 'WORKDIR' ? destination.startsWith('/') : harmless.has(keyword),
  );
  const { instruction } = copy;
  if (!settled || !/^[\w./-]+$/.test(destination) || run.instruction.heredocs.length > 0) return undefined;
  const flags = instruction.flags.map(({ start, end }) => `${text.slice(start, end)} `).join('');
  const first = `COPY ${flags}${files.join(' ')} ${destination.replace(/\/?$/, '/')}\n`;
  const after = text[run.instruction.end - 1] === '\n' ? '' : '\n';
  return {
    title: 'Copy the rest after the install',
    edits: [
      { start: instruction.start, end: instruction.end, text: first },
      {
        start: run.instruction.end,
        end: run.instruction.end,
        text: after + text.slice(instruction.start, instruction.end),
      },
    ],
  };
}

import type { Stage, Step } from '../model.ts';
import { readOptions } from '../options.ts';
import type { Rule } from '../rule.ts';
import { insertion, stepRule } from '../rule.ts';

const pointless = new Set([
  'free',
  'ifconfig',
  'kill',
  'mount',
  'ps',
  'service',
  'shutdown',
  'ssh',
  'top',
  'vim',
  'vi',
  'nano',
  'reboot',
  'systemctl',
]);
const none: ReadonlySet<string> = new Set();

/** Whether a shell ends a pipe with the first failure in it. */
function hasPipefail(shell: readonly string[] | null): boolean {
  return shell !== null && /(?:^|\/)(?:bash|zsh|ash|ksh|busybox)$/.test(shell[0] ?? '') && shell.includes('pipefail');
}

const flagsOf = ({ instruction }: Step): string =>
  instruction.flags
    .map(({ name, value }) => `${name}=${value}`)
    .sort()
    .join(' ');

/** Rules about what RUN runs. */
export const commandRules: readonly Rule[] = [
  stepRule('DL3001', 'info', ({ commands }, report) => {
    for (const { name, nameWord } of commands)
      if (pointless.has(name)) report(nameWord, `${name} makes no sense while an image is built.`);
  }),
  stepRule('DL3003', 'warning', ({ commands }, report) => {
    for (const { name, nameWord } of commands)
      if (name === 'cd') report(nameWord, 'What cd does ends with its RUN. Use WORKDIR.');
  }),
  stepRule('DL3004', 'error', ({ commands }, report) => {
    for (const { name, nameWord } of commands)
      if (name === 'sudo')
        report(nameWord, 'sudo has surprising ways with signals and terminals. Change the user by USER.');
  }),
  stepRule('DL3046', 'warning', ({ commands }, report) => {
    for (const command of commands) {
      if (command.name !== 'useradd') continue;
      const options = readOptions(
        command,
        new Set([
          '-u',
          '--uid',
          '-g',
          '--gid',
          '-G',
          '--groups',
          '-d',
          '--home-dir',
          '-s',
          '--shell',
          '-c',
          '--comment',
        ]),
      );
      const joined = command.args.map(({ value }) => /^-u(\d+)$/.exec(value)?.[1]).find((uid) => uid !== undefined);
      const uid = joined ?? options.given.findLast(([name]) => name === '-u' || name === '--uid')?.[1] ?? '';
      if (/^\d{6,}$/.test(uid) && !options.has('-l', '--no-log-init'))
        report(
          command,
          'With so high a number useradd writes a log of gigabytes. Add -l.',
          insertion('Add -l', command.nameWord.end, ' -l'),
        );
    }
  }),
  stepRule('DL3047', 'info', ({ commands }, report) => {
    for (const command of commands) {
      if (command.name !== 'wget') continue;
      const options = readOptions(command, none);
      const quiet = options.has(
        '-q',
        '--quiet',
        '-nv',
        '--no-verbose',
        '--progress',
        '-o',
        '--output-file',
        '-a',
        '--append-output',
      );
      const cluster = command.args.some(({ value }) => /^-[A-Za-z]*q/.test(value));
      if (!quiet && !cluster && command.args.length > 0)
        report(
          command,
          'The progress of wget fills the log. Add --progress=dot:giga, -nv or -q.',
          insertion('Add --progress=dot:giga', command.nameWord.end, ' --progress=dot:giga'),
        );
    }
  }),
  {
    id: 'DL3059',
    severity: 'info',
    check: ({ steps }, report) => {
      let previous: Step | null = null;
      for (const step of steps) {
        const single =
          step.instruction.keyword === 'RUN' && step.commands.length === 1 && step.instruction.heredocs.length === 0;
        if (
          single &&
          previous &&
          previous.stage === step.stage &&
          previous.onbuild === step.onbuild &&
          flagsOf(previous) === flagsOf(step)
        )
          report(
            step.instruction.keywordSpan,
            'This RUN follows another one of its kind: together they make one layer.',
          );
        previous = single ? step : null;
      }
    },
  },
  {
    id: 'DL4001',
    severity: 'warning',
    check: ({ stages }, report) => {
      for (const { steps } of stages) {
        const uses = steps.flatMap(({ commands }) => commands).filter(({ name }) => name === 'wget' || name === 'curl');
        const [first] = uses;
        const other = uses.find(({ name }) => name !== first?.name);
        if (other) report(other.nameWord, `This stage has both wget and curl. One of them is enough.`);
      }
    },
  },
  stepRule('DL4005', 'warning', ({ commands }, report) => {
    for (const command of commands)
      // eslint-disable-next-line no-restricted-syntax -- it is looked for, not started
      if (command.name === 'ln' && command.args.some(({ value }) => value === '/bin/sh'))
        report(command, 'SHELL changes the shell of the build without a change of the system.');
  }),
  {
    id: 'DL4006',
    severity: 'warning',
    check: ({ steps }, report) => {
      const told = new Set<Stage>();
      for (const step of steps) {
        const { commands, shellWords, instruction, stage } = step;
        if (step.json || hasPipefail(shellWords)) continue;
        const pipe = commands.find(({ piped, start }) => piped && !setsPipefail(step, start));
        if (!pipe) continue;
        const fix =
          told.has(stage) || step.onbuild
            ? undefined
            : insertion('Set SHELL before', instruction.start, shellLine(stage));
        told.add(stage);
        report(
          pipe,
          'Only the last command of a pipe decides whether RUN fails. Set SHELL with -o pipefail before.',
          fix,
        );
      }
    },
  },
];

/** Alpine has no bash, and its own shell knows the option. */
function shellLine(stage: Stage): string {
  let base = stage;
  // Longer chains are not followed to their end: this is only a guess at the base's kind.
  for (let step = 0; step < 20 && base.parent; step += 1) base = base.parent;
  const alpine = base.image?.value.includes('alpine') === true;
  return alpine ? 'SHELL ["/bin/ash", "-eo", "pipefail", "-c"]\n' : 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\n';
}

function setsPipefail({ commands }: Step, before: number): boolean {
  return commands.some(
    ({ name, args, start }) => name === 'set' && start < before && args.some(({ value }) => value === 'pipefail'),
  );
}

import type { Step } from '../model.ts';
import type { Rule } from '../rule.ts';
import { stageRule, stepRule } from '../rule.ts';
import { references } from '../syntax/references.ts';
import { readPairs } from '../syntax/words.ts';

/** Words in the name of a variable that say that its value is nobody's business. */
const secret = /(?:^|_)(?:api_?key|auth|credentials?|key|password|passphrase|pword|passwd|secret|token)(?:_|$)/i;
const notSecret = /(?:^|_)public(?:_|$)|_(?:file|path|url)$/i;

function isRoot(user: string): boolean {
  return /^(?:root|0)(?::|$)/.test(user);
}

const userOf = ({ words }: Step): string => words[0]?.value ?? '';

/** Rules about USER, EXPOSE, ENV, ARG, LABEL, CMD and ENTRYPOINT. */
export const settingRules: readonly Rule[] = [
  {
    id: 'DL1001',
    severity: 'hint',
    check: ({ pragmas }, report) => {
      for (const span of pragmas.ignores) report(span, 'A rule is left out by a comment here.');
    },
  },
  stageRule('DL3002', 'warning', ({ steps }, report) => {
    const last = steps.findLast(({ instruction, onbuild }) => instruction.keyword === 'USER' && !onbuild);
    if (last && isRoot(userOf(last)))
      report(last.words[0] ?? last.instruction, 'The last USER is root. End with a user of fewer rights.');
  }),
  stepRule('DL3011', 'error', ({ instruction, words }, report) => {
    if (instruction.keyword !== 'EXPOSE') return;
    for (const word of words) {
      const ports = /^(\d+)(?:-(\d+))?(?:\/\w+)?$/.exec(word.value);
      if (ports && [ports[1], ports[2]].some((port) => Number(port ?? 0) > 65535))
        report(word, 'Ports go from 0 to 65535.');
    }
  }),
  stepRule('DL3025', 'warning', ({ instruction, json }, report) => {
    const { keyword, value } = instruction;
    if ((keyword === 'CMD' || keyword === 'ENTRYPOINT') && !json && value.text !== '')
      report(
        instruction.keywordSpan,
        `As a line of text ${keyword} runs below a shell, which does not pass signals on. Use the JSON form ["program", "argument"].`,
      );
  }),
  stageRule('DL3044', 'error', ({ steps }, report) => {
    const known = new Set<string>();
    for (const { instruction } of steps) {
      const { keyword, value } = instruction;
      if (keyword !== 'ENV' && keyword !== 'ARG') continue;
      const pairs = readPairs(value, keyword === 'ARG');
      const here = new Set(pairs.map(({ name }) => name.value));
      for (const { name, value: text, span } of keyword === 'ENV' ? pairs : []) {
        const other = [...references(text ?? '')].find(
          (candidate) => candidate !== name.value && here.has(candidate) && !known.has(candidate),
        );
        if (other !== undefined)
          report(span, `${other} is set by this same ENV, so its new value is not there yet. Set it in an ENV before.`);
      }
      for (const name of here) known.add(name);
    }
  }),
  stepRule('DL3048', 'hint', ({ instruction }, report) => {
    if (instruction.keyword !== 'LABEL') return;
    for (const { name } of readPairs(instruction.value, false)) {
      const key = name.value;
      if (key === '' || key.startsWith('$')) continue;
      if (/^(?:com\.docker|io\.docker|org\.dockerproject)\./.test(key))
        report(name, `Keys like "${key}" are kept for Docker itself.`);
      else if (!/^[a-z](?:[a-z0-9.-]*[a-z0-9])?$/.test(key) || /\.\.|--/.test(key))
        report(name, 'Keys of labels have small letters, digits, single dots and hyphens, and begin with a letter.');
    }
  }),
  stepRule('DL3064', 'warning', ({ instruction }, report) => {
    const { keyword, value } = instruction;
    if (keyword !== 'ARG' && keyword !== 'ENV') return;
    for (const { name, span } of readPairs(value, keyword === 'ARG'))
      if (secret.test(name.value) && !notSecret.test(name.value))
        report(
          span,
          `What ${keyword} holds can be read from the image. Give ${name.value} to RUN as --mount=type=secret.`,
        );
  }),
  stepRule('DL3066', 'hint', (step, report) => {
    if (step.instruction.keyword !== 'USER') return;
    const user = userOf(step);
    if (user !== '' && !user.includes('$') && !/^\d+(?::|$)/.test(user))
      report(step.words[0] ?? step.instruction, 'A host can not tell who a user is by its name alone. Use its number.');
  }),
];

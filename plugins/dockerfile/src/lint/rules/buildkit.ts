import type { Step } from '../model.ts';
import type { Rule } from '../rule.ts';
import { replacement, stepRule } from '../rule.ts';
import { references } from '../syntax/references.ts';
import { readPairs } from '../syntax/words.ts';

const automatic = new Set(
  ['TARGET', 'BUILD'].flatMap((side) => ['PLATFORM', 'OS', 'ARCH', 'VARIANT', 'OSVERSION'].map((what) => side + what)),
);
/** Given to every build without an ARG. */
const predefined = new Set(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
);
/** Set by most base images. */
const inherited = new Set(['PATH', 'HOME']);
const expands = new Set(['ADD', 'COPY', 'ENV', 'EXPOSE', 'LABEL', 'STOPSIGNAL', 'USER', 'VOLUME', 'WORKDIR']);

/** Names that have a default in the reference itself: `${NAME:-x}` says what holds without them. */
function withDefault(text: string): Set<string> {
  return new Set([...text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*):?[-+?]/g)].map(([, name]) => name ?? ''));
}

/** Text of an instruction in which variables are put in, as references see it. */
function expanding({ words, json }: Step): string {
  return json ? '' : words.map(({ value }) => value).join(' ');
}

const undefinedInFrom: Rule = {
  id: 'UndefinedArgInFrom',
  severity: 'warning',
  check: ({ steps }, report) => {
    const known = new Map<string, string | null>();
    for (const step of steps) {
      const { instruction, stage, onbuild } = step;
      if (instruction.keyword === 'ARG' && stage.index < 0)
        for (const { name, value } of readPairs(instruction.value, true)) known.set(name.value, value);
      const [image] = step.words;
      if (instruction.keyword !== 'FROM' || onbuild || !image) continue;
      const fallback = withDefault(image.value);
      for (const name of references(image.value))
        if (!known.has(name) && !automatic.has(name) && !fallback.has(name))
          report(image, `No ARG before the first FROM names ${name}.`);
    }
  },
};

const undefinedVariables: Rule = {
  id: 'UndefinedVar',
  severity: 'info',
  check: ({ stages }, report) => {
    for (const stage of stages) {
      // What a base image from outside sets can not be seen from here, so a stage's own names and its parents' count.
      const known = new Set<string>(stage.parent ? stage.parent.variables.keys() : []);
      for (const step of stage.steps) {
        const { keyword, value } = step.instruction;
        const pairs = keyword === 'ARG' || keyword === 'ENV' ? readPairs(value, keyword === 'ARG') : [];
        if (keyword === 'ARG') for (const { name } of pairs) known.add(name.value);
        if (expands.has(keyword) && stage.index >= 0) {
          const text = expanding(step);
          const fallback = withDefault(text);
          for (const name of references(text))
            if (!known.has(name) && ![fallback, automatic, predefined, inherited].some((names) => names.has(name)))
              report(step.instruction.keywordSpan, `${name} is set by no ARG or ENV before this in the stage.`);
        }
        if (keyword === 'ENV') for (const { name } of pairs) known.add(name.value);
      }
    }
  },
};

const casing: Rule = {
  id: 'ConsistentInstructionCasing',
  severity: 'hint',
  check: ({ steps, source }, report) => {
    const written = steps.map(({ instruction }) => ({
      span: instruction.keywordSpan,
      text: source.text.slice(instruction.keywordSpan.start, instruction.keywordSpan.end),
    }));
    const upper = written.filter(({ text }) => text === text.toUpperCase());
    const lower = written.filter(({ text }) => text === text.toLowerCase());
    if (upper.length === written.length || lower.length === written.length) return;
    const small = lower.length > upper.length;
    for (const { span, text } of written) {
      const wanted = small ? text.toLowerCase() : text.toUpperCase();
      if (text !== wanted)
        report(
          span,
          `Most instructions of this file are written the other way: ${wanted}.`,
          replacement(`Write ${wanted}`, span, wanted),
        );
    }
  },
};

/** BuildKit's own checks, by their names, as far as no number above says the same. */
export const buildkitRules: readonly Rule[] = [
  undefinedInFrom,
  undefinedVariables,
  casing,
  stepRule('StageNameCasing', 'hint', ({ instruction, words }, report) => {
    const [, as, name] = words;
    if (instruction.keyword !== 'FROM' || as?.value.toLowerCase() !== 'as' || !name) return;
    if (name.value !== name.value.toLowerCase())
      report(name, 'Names of stages are read as small letters; write them so.');
  }),
  stepRule('FromAsCasing', 'hint', ({ instruction, words }, report, { source }) => {
    const as = words[1];
    if (instruction.keyword !== 'FROM' || as?.value.toLowerCase() !== 'as') return;
    const from = source.text.slice(instruction.keywordSpan.start, instruction.keywordSpan.end);
    const wanted = from === from.toLowerCase() ? 'as' : 'AS';
    if (as.value !== wanted)
      report(as, `FROM and AS are written in different ways.`, replacement(`Write ${wanted}`, as, wanted));
  }),
  stepRule('LegacyKeyValueFormat', 'hint', ({ instruction, words }, report) => {
    const [first, second] = words;
    if ((instruction.keyword !== 'ENV' && instruction.keyword !== 'LABEL') || !first || !second) return;
    if (!first.value.includes('='))
      report(first, `Without "=" ${instruction.keyword} takes the rest of the line as one value. Write name=value.`);
  }),
  stepRule('ExposeProtoCasing', 'hint', ({ instruction, words }, report) => {
    if (instruction.keyword !== 'EXPOSE') return;
    for (const word of words) {
      const protocol = /^[^/]*\/([A-Za-z]+)$/.exec(word.value)?.[1];
      if (protocol !== undefined && protocol !== protocol.toLowerCase())
        report(
          word,
          'Protocols are written in small letters.',
          word.dynamic ? undefined : replacement('Write it small', word, word.value.toLowerCase()),
        );
    }
  }),
  stepRule('ExposeInvalidFormat', 'warning', ({ instruction, words }, report) => {
    if (instruction.keyword !== 'EXPOSE') return;
    for (const word of words)
      if (!word.dynamic && !/^\d+(?:-\d+)?(?:\/\w+)?$/.test(word.value))
        report(word, 'EXPOSE takes a port or a range of ports, without an address or a second port.');
  }),
  {
    id: 'NoEmptyContinuation',
    severity: 'warning',
    check: ({ source }, report) => {
      for (const { kind, span } of source.parts) {
        if (kind !== 'instruction') continue;
        for (const { start, end } of emptyLines(source.text, span.start, span.end, source.escape)) {
          report(
            { start, end },
            'An empty line inside an instruction may end it in later versions.',
            replacement('Take the line out', { start, end }, ''),
          );
          break;
        }
      }
    },
  },
];

/** Empty lines right after a continued line. */
function* emptyLines(
  text: string,
  from: number,
  to: number,
  escape: string,
): Generator<{ start: number; end: number }> {
  let open = false;
  for (let start = from; start < to;) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 || newline >= to ? to : newline + 1;
    const line = text.slice(start, end).trim();
    if (open && line === '') yield { start, end };
    else if (!line.startsWith('#')) open = line.endsWith(escape);
    start = end;
  }
}

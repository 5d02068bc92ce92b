import type { Stage } from '../model.ts';
import { lineage } from '../model.ts';
import type { Rule } from '../rule.ts';
import { replacement, stageRule, stepRule } from '../rule.ts';
import { readWords } from '../syntax/words.ts';

/** Whether the base is an image from outside that has a name we can read. */
function outside({ image, parent, index }: Stage): boolean {
  return index >= 0 && image !== null && parent === null && image.value !== 'scratch' && !image.dynamic;
}

/** Tag of an image, or null; the port of a registry is none. */
function tagOf(image: string): string | null {
  const colon = image.lastIndexOf(':');
  return colon > image.lastIndexOf('/') ? image.slice(colon + 1) : null;
}

/** Rules about FROM and the names of stages. */
export const stageRules: readonly Rule[] = [
  stageRule('DL3006', 'warning', (stage, report) => {
    const { image } = stage;
    if (image && outside(stage) && !image.value.includes('@') && tagOf(image.value) === null)
      report(image, `"${image.value}" has no tag, so every build may get another image. Name a version.`);
  }),
  stageRule('DL3007', 'warning', (stage, report) => {
    const { image } = stage;
    if (image && outside(stage) && !image.value.includes('@') && tagOf(image.value) === 'latest')
      report(image, 'The tag "latest" moves, so a rebuild may break. Name a version.');
  }),
  {
    id: 'DL3024',
    severity: 'error',
    check: ({ stages }, report) => {
      const seen = new Set<string>();
      for (const { name } of stages) {
        if (!name) continue;
        if (seen.has(name.value)) report(name, `Another stage is already named "${name.value}".`);
        seen.add(name.value);
      }
    },
  },
  stepRule('DL3029', 'warning', ({ instruction }, report) => {
    const platform = instruction.flags.find(({ name }) => name === 'platform');
    if (instruction.keyword === 'FROM' && platform && !platform.value.includes('$'))
      report(
        platform,
        'A fixed platform keeps the image from being built for others. Use $BUILDPLATFORM, or give --platform to the build.',
      );
  }),
  {
    id: 'DL3061',
    severity: 'error',
    check: ({ steps }, report) => {
      for (const { instruction } of steps) {
        if (instruction.keyword === 'FROM') return;
        if (instruction.keyword === 'ARG') continue;
        report(instruction.keywordSpan, 'Only ARG and comments may stand before the first FROM.');
        return;
      }
    },
  },
  stageRule('DL3063', 'warning', ({ name }, report) => {
    if (name && (name.value === 'scratch' || name.value === 'context'))
      report(name, `"${name.value}" has a meaning of its own in builds. Give the stage another name.`);
  }),
  stepRule('DL3065', 'warning', ({ instruction }, report, { source }) => {
    const platform = instruction.flags.find(({ name }) => name === 'platform');
    if (instruction.keyword !== 'FROM' || !platform) return;
    if (!/^["']?\$(?:TARGETPLATFORM|\{TARGETPLATFORM\})["']?$/.test(platform.value)) return;
    const end = source.text[platform.end] === ' ' ? platform.end + 1 : platform.end;
    report(
      platform,
      'The target platform is what FROM takes anyway.',
      replacement('Take the flag out', { start: platform.start, end }, ''),
    );
  }),
  {
    id: 'DL3057',
    severity: 'hint',
    check: ({ stages }, report) => {
      const used = new Set<Stage>();
      const byName = new Map(stages.flatMap((stage) => (stage.name ? [[stage.name.value, stage] as const] : [])));
      for (const stage of stages) {
        if (stage.parent) used.add(stage.parent);
        for (const source of stage.steps.flatMap(({ instruction }) => instruction.flags)) {
          const from = source.name === 'from' ? source.value : /(?:^|,)from=([^,]+)/.exec(source.value)?.[1];
          const other = from === undefined ? undefined : (byName.get(from.toLowerCase()) ?? stages[Number(from)]);
          if (other) used.add(other);
        }
      }
      const checked = new Map<Stage, boolean>();
      for (const stage of stages) {
        const own = stage.steps.some(({ instruction }) => instruction.keyword === 'HEALTHCHECK');
        checked.set(stage, own || (stage.parent !== null && checked.get(stage.parent) === true));
        const at = stage.from?.instruction.keywordSpan;
        if (at && !used.has(stage) && checked.get(stage) !== true)
          report(
            at,
            'Nothing says how to tell whether the container is healthy. Add HEALTHCHECK, or HEALTHCHECK NONE.',
          );
      }
    },
  },
  stepRule('DL3043', 'error', ({ instruction, onbuild }, report) => {
    if (onbuild && ['ONBUILD', 'FROM', 'MAINTAINER'].includes(instruction.keyword))
      report(instruction.keywordSpan, `${instruction.keyword} can't be held back by ONBUILD.`);
  }),
  stepRule('DL4000', 'error', ({ instruction, onbuild }, report) => {
    if (instruction.keyword !== 'MAINTAINER' || onbuild) return;
    const [first] = readWords(instruction.value);
    const author =
      first?.value === instruction.value.text.replace(/^["']|["']$/g, '') ? first.value : instruction.value.text;
    const start = instruction.keywordSpan.start;
    const end =
      instruction.value.text === ''
        ? instruction.keywordSpan.end
        : instruction.value.offset(instruction.value.text.length - 1) + 1;
    report(
      { start, end },
      'MAINTAINER is deprecated. Use a label.',
      replacement(
        'Use a label',
        { start, end },
        `LABEL org.opencontainers.image.authors=${JSON.stringify(author.replace(/^["']|["']$/g, ''))}`,
      ),
    );
  }),
];

/** Rules about what a stage says more than once. */
export const onceRules: readonly Rule[] = [
  once('DL3012', 'error', 'HEALTHCHECK'),
  once('DL4003', 'warning', 'CMD'),
  once('DL4004', 'error', 'ENTRYPOINT'),
];

function once(id: string, severity: 'error' | 'warning', keyword: string): Rule {
  return stageRule(id, severity, ({ steps }, report) => {
    const all = steps.filter(({ instruction, onbuild }) => !onbuild && instruction.keyword === keyword);
    for (const { instruction } of all.slice(1))
      report(instruction.keywordSpan, `Only the last ${keyword} of a stage counts; there is another before.`);
  });
}

/** The last stage and those that it is built on. */
export function builtStages(stages: readonly Stage[]): ReadonlySet<Stage> {
  const last = stages.at(-1);
  return new Set(last ? lineage(last) : []);
}

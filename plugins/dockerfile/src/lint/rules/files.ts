import type { Stage, Step } from '../model.ts';
import type { Rule } from '../rule.ts';
import { insertion, replacement, stepRule } from '../rule.ts';
import type { Word } from '../syntax/words.ts';

const archive = /\.(?:tar|tar\.(?:bz2|gz|lz|lzma|xz|z|zst)|t(?:b2|bz|bz2|gz|pz|lz|xz|z)|gz|bz2|lz|lzma|xz|z)$/i;
const drive = /^[A-Za-z]:/;

/** Whether a path is absolute on some system, or may be: a variable decides. */
function absolute(path: string): boolean {
  return path.startsWith('/') || path.startsWith('\\') || path.startsWith('$') || drive.test(path);
}

const bare = (text: string): string => text.replace(/^["']|["']$/g, '');

/** Sources and destination of COPY or ADD; null when there are fewer than two words. */
function pathsOf({ words }: Step): { sources: readonly Word[]; destination: Word } | null {
  const destination = words.at(-1);
  return destination && words.length > 1 ? { sources: words.slice(0, -1), destination } : null;
}

function flagOf({ instruction }: Step, name: string): string | null {
  const flag = instruction.flags.find((candidate) => candidate.name === name);
  return flag ? bare(flag.value) : null;
}

const baseName = (path: string): string => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

/** Name of the archive that a command unpacks, or null. */
function unpacked({ name, args }: Step['commands'][number]): string[] {
  const values = args.map(({ value }) => value);
  const unpacks =
    /^(?:unzip|gunzip|bunzip2|unlzma|unxz|zgz|uncompress|zcat|gzcat)$/.test(name) ||
    (name === 'tar' &&
      values.some(
        (value, at) => /^-[A-Za-z]*x|^--(?:extract|get)$/.test(value) || (at === 0 && /^[A-Za-z]*x/.test(value)),
      ));
  return unpacks ? values.map(baseName) : [];
}

/** Rules about WORKDIR, COPY and ADD. */
export const fileRules: readonly Rule[] = [
  stepRule('DL3000', 'error', ({ instruction }, report) => {
    const { value, keyword } = instruction;
    if (keyword !== 'WORKDIR' || value.text === '' || absolute(bare(value.text))) return;
    report(
      { start: value.offset(0), end: value.offset(value.text.length - 1) + 1 },
      'A relative WORKDIR depends on what the base image has set. Name it from the root.',
    );
  }),
  {
    id: 'DL3010',
    severity: 'info',
    check: ({ stages }, report) => {
      for (const { steps } of stages) {
        const copied = new Map<string, Word>();
        for (const step of steps) {
          const paths = step.instruction.keyword === 'COPY' && flagOf(step, 'from') === null ? pathsOf(step) : null;
          for (const source of paths?.sources ?? []) {
            if (!archive.test(source.value)) continue;
            copied.set(baseName(source.value), source);
            if (paths && archive.test(paths.destination.value)) copied.set(baseName(paths.destination.value), source);
          }
          for (const name of step.commands.flatMap(unpacked)) {
            const source = copied.get(name);
            if (!source) continue;
            report(source, `ADD unpacks "${baseName(source.value)}" by itself, without a layer for the archive.`);
            for (const [other, word] of copied) if (word === source) copied.delete(other);
          }
        }
      }
    },
  },
  stepRule('DL3020', 'error', (step, report) => {
    if (step.instruction.keyword !== 'ADD') return;
    const paths = pathsOf(step);
    const plain = paths?.sources.filter(
      ({ value }) => !/^(?:https?|ftp|git|ssh):\/\/|^git@|^\$|^<</i.test(value) && !archive.test(value),
    );
    if (!paths || !plain || plain.length === 0) return;
    const fix =
      plain.length === paths.sources.length ? replacement('Use COPY', step.instruction.keywordSpan, 'COPY') : undefined;
    report(
      step.instruction.keywordSpan,
      'COPY does what is needed for files and folders; ADD also downloads and unpacks.',
      fix,
    );
  }),
  stepRule('DL3021', 'error', (step, report) => {
    const paths = step.instruction.keyword === 'COPY' ? pathsOf(step) : null;
    if (!paths || paths.sources.length < 2) return;
    const { value } = paths.destination;
    if (/[/\\]$/.test(value) || value === '.' || value.startsWith('$')) return;
    const quoted = paths.destination.end - paths.destination.start !== value.length;
    const fix = quoted ? undefined : insertion('Add the slash', paths.destination.end, '/');
    report(paths.destination, 'With more than one source the destination is a folder: end it with a slash.', fix);
  }),
  {
    id: 'DL3022',
    severity: 'warning',
    check: ({ stages }, report) => {
      const names = new Set<string>();
      for (const stage of stages) {
        for (const step of stage.steps) {
          const from = step.instruction.keyword === 'COPY' ? flagOf(step, 'from') : null;
          if (from === null || from.includes(':') || from.includes('$') || names.has(from.toLowerCase())) continue;
          const own = stage.name?.value === from.toLowerCase();
          const numbered = /^\d+$/.test(from) && Number(from) < stage.index;
          if (!own && !numbered) report(fromFlag(step), `No stage before this is named "${from}".`);
        }
        if (stage.name) names.add(stage.name.value);
      }
    },
  },
  stepRule('DL3023', 'error', (step, report) => {
    const from = step.instruction.keyword === 'COPY' ? flagOf(step, 'from')?.toLowerCase() : undefined;
    const { name, index } = step.stage;
    if (from !== undefined && from !== '' && (from === name?.value || from === String(index)))
      report(fromFlag(step), 'A stage can not copy from itself.');
  }),
  {
    id: 'DL3045',
    severity: 'warning',
    check: ({ stages }, report) => {
      const placed = new Set<Stage>();
      for (const stage of stages) {
        if (stage.parent && placed.has(stage.parent)) placed.add(stage);
        for (const step of stage.steps) {
          if (step.instruction.keyword === 'WORKDIR') placed.add(stage);
          const destination = step.instruction.keyword === 'COPY' ? pathsOf(step)?.destination : undefined;
          if (destination && !absolute(destination.value) && !placed.has(stage))
            report(destination, 'The destination is relative, and no WORKDIR was set before.');
        }
      }
    },
  },
  stepRule('DL3067', 'warning', (step, report) => {
    const paths = step.instruction.keyword === 'COPY' && flagOf(step, 'from') !== null ? pathsOf(step) : null;
    const whole = /^\/\.?\*?$/;
    if (paths && /^\/\.?$/.test(paths.destination.value) && paths.sources.some(({ value }) => whole.test(value)))
      report(
        step.instruction.keywordSpan,
        'This copies a whole root file system over another. Name what is needed, or build FROM that stage.',
      );
  }),
];

function fromFlag({ instruction }: Step): { start: number; end: number } {
  return instruction.flags.find(({ name }) => name === 'from') ?? instruction.keywordSpan;
}

import type { LogRow } from '@containr/ui-kit';
import { readable } from '@containr/ui-kit';
import type { LogLine } from '../src/contract.ts';

const troubled = /\b(?:error|fatal|panic|exception|unhandled)\b/i;

const id = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const ofDeployment = new RegExp(`^${id}[:-]`);
const replica = new RegExp(`^${id}$`);

/** Who wrote a line, for people: `replica 2bace`, `build`; the phase where the source is a part of a deployment. */
function sourceName(line: LogLine): string {
  if (replica.test(line.source)) return `replica ${line.source.slice(-4)}`;
  return ofDeployment.test(line.source) ? (line.phase ?? line.source.replace(ofDeployment, '')) : line.source;
}

/** Rows for the log view; with `phases`, a heading wherever the phase changes. */
export function createRows(options: { phases: boolean }): (lines: readonly LogLine[]) => LogRow[] {
  let phase: string | null = null;
  return (lines) =>
    lines.flatMap((line) => {
      const text = readable(line.text);
      const kind =
        line.stream === 'system'
          ? ('system' as const)
          : line.stream === 'stderr' && troubled.test(text)
            ? ('error' as const)
            : ('plain' as const);
      const row: LogRow = {
        key: `${line.source}:${line.seq}:${line.cursor}`,
        at: line.at,
        source: sourceName(line),
        text,
        kind,
      };
      if (!options.phases || line.phase === null || line.phase === phase) return [row];
      phase = line.phase;
      return [
        { key: `phase:${line.cursor}`, at: line.at, source: '', text: line.phase, kind: 'heading' as const },
        row,
      ];
    });
}

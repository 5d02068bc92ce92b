import type { Infer } from '@containr/sdk';
import { defineSchema, scriptShell } from '@containr/sdk';
import type { Cell } from './cell.ts';
import { signalDepth } from './chain.ts';

/** How to get into a cell that runs. Nothing in it is secret. */
export const CellEntry = defineSchema({
  type: 'object',
  properties: {
    kind: { type: 'string', enum: ['namespaces', 'bubblewrap', 'uid', 'none'] },
    uid: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    /** Processes between the outermost one and the one whose namespaces are entered. */
    depth: { type: 'integer', minimum: 0 },
    workingDirectory: { type: 'string' },
    /** Where programs, home and temporary files are, and PORT. */
    variables: { type: 'object', additionalProperties: { type: 'string' } },
  },
  required: ['kind', 'uid', 'depth', 'workingDirectory', 'variables'],
  additionalProperties: false,
});
export type CellEntry = Infer<typeof CellEntry>;

/** How a cell is entered later; `variables` are those that its paths lead to. */
export function entryOf(cell: Cell, variables: Readonly<Record<string, string>>): CellEntry {
  return {
    kind: cell.kind,
    uid: cell.uid,
    depth: signalDepth(cell) ?? 0,
    workingDirectory: cell.workingDirectory,
    variables: { ...variables },
  };
}

/** The programs that lead into a running cell, ending in a shell that reads its script; `inside` is a process of it, as the node counts. */
export function entryArguments(entry: CellEntry, inside: number): readonly [string, ...string[]] {
  const user =
    entry.uid === null
      ? []
      : [
          `--reuid=${entry.uid}`,
          `--regid=${entry.uid}`,
          '--clear-groups',
          '--bounding-set=-all',
          '--inh-caps=-all',
          '--no-new-privs',
        ];
  const drop = ['setpriv', ...user, '--pdeathsig', 'KILL'] as const;
  const target = ['nsenter', '--target', String(inside)] as const;
  if (entry.kind === 'namespaces')
    return [
      'setpriv',
      '--pdeathsig',
      'KILL',
      ...target,
      '--mount',
      '--pid',
      '--ipc',
      '--root',
      '--wd',
      '--',
      ...drop,
      ...scriptShell,
    ];
  if (entry.kind === 'bubblewrap')
    return [...target, '--user', '--preserve-credentials', '--mount', '--pid', '--ipc', '--root', '--', ...scriptShell];
  return [...drop, ...scriptShell];
}

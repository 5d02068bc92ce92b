/** One variable of a difference, as the API shows it. */
export interface VariableDifference {
  readonly name: string;
  readonly action: 'added' | 'changed' | 'removed';
  readonly kind: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** A difference as lines for a terminal: `+ NAME=value`, `- NAME`, `~ NAME: before → after`; of secrets only that they change. */
export function differenceLines(changes: readonly VariableDifference[]): string[] {
  return changes.map(({ name, action, kind, before, after }) => {
    if (action === 'removed') return `- ${name}`;
    if (kind !== 'plain' || after === null) return `${action === 'added' ? '+' : '~'} ${name} (${kind}) ${action}`;
    return action === 'added'
      ? `+ ${name}=${onOneLine(after)}`
      : `~ ${name}: ${onOneLine(before ?? '(not shown)')} → ${onOneLine(after)}`;
  });
}

/** A value on one line, and not longer than a terminal is wide. */
export function onOneLine(value: string): string {
  const line = value.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

import type { Inspection } from '@containr/sdk/host';
import type { Output } from './output.ts';
import type { HalfOnNode, Plugin } from './plugin-document.ts';

/** Prints what a plugin owns, does and touches, why it ended, what keeps it apart, and how its half does on each node. */
export function showInspection(
  output: Output,
  one: Inspection,
  { cause, isolation, trust }: Plugin,
  nodes: readonly HalfOnNode[],
): void {
  if (output.json) return output.value({ ...one, trust, cause, isolation, nodes }, '');
  const kinds = Map.groupBy(one.owns, ({ kind }) => kind);
  const owned = [...kinds].map(([kind, all]) => `${all.length} ${kind}`).join(', ');
  const under = Object.entries(one.now).map(([what, count]) => `${String(count)} ${what}`);
  output.line(`${one.plugin} is ${one.state}, ${trust}.`);
  if (cause) output.line(`Cause   ${cause.code}: ${cause.detail} ${endingOf(cause.ended)}`.trimEnd());
  for (const { holds, says } of isolation ?? []) output.line(`${holds ? 'Apart ✓' : 'Apart ✗'} ${says}`);
  for (const { name, reachable, state, cause: why } of nodes) {
    const because = why ? ` (${why.code}: ${why.detail})` : '';
    output.line(`Node    ${name}: ${state}${reachable ? '' : ' when it was last heard from'}${because}`);
  }
  output.line(`Owns    ${owned || 'nothing'}`);
  for (const { label, size, unit } of one.owns)
    if (size !== null) output.line(`        ${label}: ${size} ${unit ?? ''}`);
  output.line(`Now     ${under.join(', ')}`);
  output.line(
    `Memory  ${one.memory.bytes === null ? (one.memory.reason ?? 'not known') : mebibytes(one.memory.bytes)}`,
  );
  output.line('');
  output.table(
    one.handlers,
    {
      HANDLER: ({ label }) => label,
      CALLS: ({ calls }) => String(calls),
      ERRORS: ({ errors }) => String(errors),
      'P50 MS': ({ p50Ms }) => (p50Ms === null ? '-' : String(p50Ms)),
      'P95 MS': ({ p95Ms }) => (p95Ms === null ? '-' : String(p95Ms)),
      'LATEST ERROR': ({ lastError }) =>
        lastError ? `${lastError.at} ${lastError.source ?? ''} ${lastError.code}: ${lastError.message}` : '',
    },
    'It has no handlers.',
  );
  output.line('');
  output.table(
    one.touches,
    { TOUCHES: ({ role, type, name }) => `${role} ${type} ${name}`, OF: ({ plugin }) => plugin ?? '-' },
    'It touches nothing of other plugins.',
  );
}

function endingOf(ended: NonNullable<Plugin['cause']>['ended']): string {
  if (!ended) return '';
  if (ended.outcome === 'restarting') return `Found at ${ended.at}; it is being set up anew.`;
  return `Found at ${ended.at}; ${ended.outcome} after ${ended.containedMs} ms.`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

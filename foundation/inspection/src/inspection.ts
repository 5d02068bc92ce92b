import type { Effect } from '@containr/sdk';
import type { Inspection } from '@containr/sdk/host';
import type { Noted, Token } from './ledger.ts';

/** What there is to look at of one plugin. */
export interface Inspected {
  readonly plugin: string;
  readonly state: string;
  readonly effects: readonly Effect[];
  readonly noted: readonly Noted[];
  /** Requests in flight, with open streams and sockets. */
  readonly requests: number;
  readonly units: number;
  /** Resident memory where the plugin has a process of its own. */
  readonly memoryBytes: number | null;
}

/** Describes a plugin; `ownerOf` says which plugin defines or provides a token. */
export function inspect(one: Inspected, ownerOf: (token: Token) => string | null): Inspection {
  const handlers = one.effects.flatMap(({ kind, handlers: all = [] }) => all.map((handler) => ({ kind, ...handler })));
  const inside = (...kinds: readonly string[]): number =>
    handlers.reduce((sum, { kind, meter }) => sum + (kinds.includes(kind) ? meter.inside : 0), 0);
  const streams = inside('events');
  const sockets = inside('socket');
  return {
    plugin: one.plugin,
    state: one.state,
    memory: {
      bytes: one.memoryBytes,
      reason:
        one.memoryBytes === null ? 'It runs inside the control plane, where memory is shared by all plugins.' : null,
    },
    now: {
      requests: Math.max(0, one.requests - streams - sockets),
      streams,
      sockets,
      calls: inside('service', 'tap'),
      jobs: inside('job'),
      units: one.units,
    },
    owns: one.effects.map(({ kind, label, size }) => ({
      kind,
      label,
      size: size?.now() ?? null,
      unit: size?.unit ?? null,
    })),
    handlers: handlers.map(({ kind, label, meter }) => ({
      kind,
      label,
      calls: meter.calls,
      inside: meter.inside,
      errors: meter.faults,
      p50Ms: rounded(meter.quantileMs(0.5)),
      p95Ms: rounded(meter.quantileMs(0.95)),
      lastError: meter.fault && { ...meter.fault },
    })),
    touches: one.noted
      .filter(({ role }) => role !== 'defines' && role !== 'provides' && role !== 'handles')
      .map(({ role, token }) => ({ role, type: token.type, name: token.name, plugin: ownerOf(token) })),
  };
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Number(ms.toPrecision(3));
}

/** What a plugin owns, does and touches now, as the API shows it. */
export interface PluginInspection {
  readonly memory: { readonly bytes: number | null; readonly reason: string | null };
  readonly now: Readonly<Record<'requests' | 'streams' | 'sockets' | 'calls' | 'jobs' | 'units', number>>;
  readonly owns: readonly {
    readonly kind: string;
    readonly label: string;
    readonly size: number | null;
    readonly unit: string | null;
  }[];
  readonly handlers: readonly PluginHandler[];
  readonly touches: readonly {
    readonly role: string;
    readonly type: string;
    readonly name: string;
    readonly plugin: string | null;
  }[];
}

/** One handler of a plugin, and what it did since the plugin was set up. */
export interface PluginHandler {
  readonly kind: string;
  readonly label: string;
  readonly calls: number;
  readonly errors: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly lastError: {
    readonly at: string;
    readonly code: string;
    readonly message: string;
    readonly source: string | null;
  } | null;
}

const under: readonly (readonly [keyof PluginInspection['now'], string, string])[] = [
  ['requests', 'request', 'requests'],
  ['streams', 'open stream', 'open streams'],
  ['sockets', 'open socket', 'open sockets'],
  ['calls', 'call inside', 'calls inside'],
  ['jobs', 'running job', 'running jobs'],
  ['units', 'database connection', 'database connections'],
];

/** `1 request, 2 open streams`; a calm word when nothing is under way. */
export function underWay(now: PluginInspection['now']): string {
  const parts = under.flatMap(([key, one, many]) =>
    now[key] > 0 ? [`${now[key]} ${now[key] === 1 ? one : many}`] : [],
  );
  return parts.length > 0 ? parts.join(', ') : 'nothing at this moment';
}

/** Handlers that were called: those with errors first, then the busiest. */
export function busiest(handlers: readonly PluginHandler[]): readonly PluginHandler[] {
  return handlers
    .filter((one) => one.calls > 0)
    .toSorted((a, b) => b.errors - a.errors || b.calls - a.calls || a.label.localeCompare(b.label));
}

/** `0.3 ms`, `12 ms`, `1.2 s`. */
export function latency(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < 10) return `${ms.toFixed(1)}\u2009ms`;
  return ms < 1000 ? `${Math.round(ms)}\u2009ms` : `${(ms / 1000).toFixed(1)}\u2009s`;
}

/** A plugin as the API shows it. */
export interface PluginDocument {
  readonly name: string;
  readonly displayName: string;
  readonly version: string;
  readonly state: 'installed' | 'waiting' | 'starting' | 'active' | 'stopping' | 'stopped' | 'failed';
  /** Whether it is to be on. */
  readonly enabled: boolean;
  readonly cause: {
    readonly code: string;
    readonly detail: string;
    readonly hint: string;
    /** For a plugin in a process of its own that ended: when it was found, and how long until it was back or off. */
    readonly ended: {
      readonly at: string;
      readonly outcome: 'restarting' | 'back' | 'off';
      readonly containedMs: number | null;
    } | null;
  } | null;
  readonly requires: readonly { readonly name: string; readonly range: string; readonly optional: boolean }[];
  readonly dependents: readonly string[];
  readonly permissions: readonly { readonly name: string; readonly description: string }[];
  readonly contributions: readonly string[];
  readonly hasUi: boolean;
  readonly hasAgent: boolean;
  /** `first-party` came with the install. */
  readonly trust: 'first-party' | 'trusted' | 'isolated';
  /** What keeps its process apart on this machine; `null` for one that has none. */
  readonly isolation: readonly { readonly layer: string; readonly holds: boolean; readonly says: string }[] | null;
}

/** The agent half of a plugin on one node, as the API shows it. */
export interface HalfOnNode {
  readonly node: string;
  readonly name: string;
  readonly reachable: boolean;
  readonly state: 'starting' | 'running' | 'failed';
  readonly cause: { readonly detail: string; readonly hint: string; readonly endedAt: string | null } | null;
  /** What keeps its process apart on that node; `null` for one that runs inside the agent. */
  readonly isolation: PluginDocument['isolation'];
}

/** What became of a plugin whose process ended, in one sentence. */
export function endingOf({ cause }: PluginDocument): string | null {
  if (!cause?.ended) return null;
  const { at, outcome, containedMs } = cause.ended;
  const became = {
    restarting: 'It is being set up anew.',
    back: `It was back after ${containedMs} ms.`,
    off: `It was off after ${containedMs} ms.`,
  };
  return `Found ${new Date(at).toLocaleString()}. ${became[outcome]}`;
}

/** One version of a plugin, and what it asks for. */
export interface PluginVersion {
  readonly name: string;
  readonly displayName: string;
  readonly version: string;
  readonly sha256: string;
  readonly source: string;
  readonly installedBy: string;
  /** Missing before it is installed. */
  readonly installedAt?: string;
  readonly current: boolean;
  readonly requires: readonly string[];
  readonly permissions: readonly string[];
  readonly segments: readonly string[];
  readonly roots: readonly string[];
  readonly hasUi: boolean;
  readonly hasAgent: boolean;
}

/** What an archive holds. */
export interface ReadPackage {
  /** No other version is installed. */
  readonly first: boolean;
  readonly version: PluginVersion;
}

/** What a removal takes away. */
export interface PluginRemoval {
  readonly versions: readonly string[];
  readonly data: { readonly tables: readonly { readonly name: string; readonly rows: number }[] };
}

/** What a switch changes, or would change. */
export interface PluginChange {
  readonly plugin: PluginDocument;
  readonly dryRun: boolean;
  readonly touches: readonly { readonly name: string; readonly becomes: PluginDocument['state'] }[];
}

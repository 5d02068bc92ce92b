/** A plugin as the API shows it. */
export interface PluginDocument {
  readonly name: string;
  readonly displayName: string;
  readonly version: string;
  readonly state: 'installed' | 'waiting' | 'starting' | 'active' | 'stopping' | 'stopped' | 'failed';
  /** Whether it is to be on. */
  readonly enabled: boolean;
  readonly cause: { readonly code: string; readonly detail: string; readonly hint: string } | null;
  readonly requires: readonly { readonly name: string; readonly range: string; readonly optional: boolean }[];
  readonly dependents: readonly string[];
  readonly permissions: readonly { readonly name: string; readonly description: string }[];
  readonly contributions: readonly string[];
  readonly hasUi: boolean;
  readonly hasAgent: boolean;
}

/** What a switch changes, or would change. */
export interface PluginChange {
  readonly plugin: PluginDocument;
  readonly dryRun: boolean;
  readonly touches: readonly { readonly name: string; readonly becomes: PluginDocument['state'] }[];
}

/** Which control plane serves, and how the latest change of it stands. */
export interface InstallDocument {
  readonly serving: { readonly version: string; readonly generation: number; readonly startedAt: string } | null;
  readonly change: {
    readonly reason: 'restart' | 'crash';
    readonly status: 'starting' | 'draining' | 'done' | 'failed';
    readonly by: string | null;
    readonly startedAt: string;
    readonly endedAt: string | null;
    readonly cause: { readonly code: string; readonly detail: string; readonly hint: string | null } | null;
  } | null;
}

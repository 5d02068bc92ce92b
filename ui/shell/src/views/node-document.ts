/** A machine with an agent, as the API shows it. */
export interface NodeDocument {
  readonly id: string;
  readonly name: string;
  readonly state: 'reachable' | 'unknown';
  readonly placement: 'open' | 'cordoned' | 'draining';
  readonly placementSince: string | null;
  readonly capabilities: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly address: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly lastSeenAt: string | null;
}

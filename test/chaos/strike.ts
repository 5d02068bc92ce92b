/** Where somebody is killed: in the process that passes this point, when it passes it for the nth time from now on. */
export interface Strike {
  readonly id: string;
  readonly point: string;
  readonly occurrence: number;
  /** Who is killed; may be the process itself. */
  readonly pids: readonly number[];
}

/** Names of the files over which a test and the probe talk. */
export const files = { passes: 'passes.jsonl', strike: 'strike.json', struck: 'struck.json' } as const;

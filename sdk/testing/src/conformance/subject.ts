import { randomUUID } from 'node:crypto';
import type { Artifact, ReplicaSpec, ReplicaState, Runtime, RuntimeLogEntry } from '@containr/sdk/contracts';

/** A runtime under test, on a node of its own. */
export interface RuntimeSubject {
  readonly runtime: Runtime;
  /** A second runtime object over the same node, as after an agent's restart. */
  readonly reopen: () => Promise<Runtime>;
  /** An artifact of `conformanceApp` with Node and a POSIX shell; `node app.cjs` is its command. */
  readonly artifact: Artifact;
  /** Ends and removes everything. */
  remove(): Promise<void>;
}

const deadlineMs = 30_000;

/** Asks until the answer is something; the deadline is generous, since machines of tests are slow. */
export async function eventually<T>(what: string, ask: () => Promise<T> | T): Promise<NonNullable<Exclude<T, false>>> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer as NonNullable<Exclude<T, false>>;
    if (performance.now() > end) throw new Error(`Not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A replica of the suite's app; it is not restarted unless `change` says so. */
export function specFor(
  artifact: Artifact,
  variables: Readonly<Record<string, string>>,
  change: Partial<ReplicaSpec> = {},
): ReplicaSpec {
  return {
    replica: randomUUID(),
    deployment: randomUUID(),
    service: randomUUID(),
    organisation: randomUUID(),
    epoch: 1,
    artifact,
    command: null,
    variables: { ...variables },
    port: 8080,
    resources: { cpu: 1, memoryBytes: 256 * 1024 * 1024 },
    restart: 'never',
    stop: { signal: 'SIGTERM', graceMs: 5000 },
    ...change,
  };
}

/** A replica as it is listed now. */
export async function current(runtime: Runtime, replica: string): Promise<ReplicaState | undefined> {
  return (await runtime.list()).find((state) => state.replica === replica);
}

/** Waits until a replica has ended for good. */
export function ended(runtime: Runtime, replica: string): Promise<ReplicaState> {
  return eventually('the end of a replica', async () => {
    const state = await current(runtime, replica);
    return state?.state === 'exited' && state;
  });
}

/** What the app answers over HTTP. */
export function answerOf(state: ReplicaState): Promise<{ secret?: string; port?: string }> {
  return eventually('an answer over HTTP', () =>
    fetch(`http://${state.address}:${state.port}/`).then(
      (response) => response.json() as Promise<{ secret?: string; port?: string }>,
      () => null,
    ),
  );
}

/** Reads entries of a replica's log until there are `count`, or the log ends. */
export async function readLog(
  runtime: Runtime,
  replica: string,
  cursor: string | null,
  count: number,
): Promise<RuntimeLogEntry[]> {
  const stop = new AbortController();
  const late = setTimeout(() => stop.abort(), deadlineMs);
  const entries: RuntimeLogEntry[] = [];
  try {
    for await (const entry of runtime.logs(replica, cursor, stop.signal)) if (entries.push(entry) >= count) break;
  } finally {
    clearTimeout(late);
    stop.abort();
  }
  return entries;
}

import { readdirSync, rmSync, watch } from 'node:fs';
import type { ReplicaState } from '@containr/sdk/contracts';
import { validate } from '@containr/sdk/host';
import { processEntry } from '../isolation/process-table.ts';
import type { NodeFolders } from '../node-folders.ts';
import { replicaFiles } from '../node-folders.ts';
import { readRecordFile, ReplicaRecord } from './replica-record.ts';

const lookAgainMs = 1000;

/** The replicas of this node, as their supervisors last wrote them down. */
export class ReplicaStore {
  readonly #folders: NodeFolders;

  constructor(folders: NodeFolders) {
    this.#folders = folders;
  }

  /** The record of one replica; `null` when there is none. A record without a living supervisor has ended. */
  get(replica: string): ReplicaRecord | null {
    const raw = readRecordFile(replicaFiles(this.#folders, replica).record);
    if (raw === null) return null;
    const record = validate<ReplicaRecord>(ReplicaRecord, raw, `The record of the replica ${replica}`);
    if (record.state === 'exited' || isAlive(record)) return record;
    return { ...record, state: 'exited', child: null, exitCode: record.exitCode ?? 137 };
  }

  /** All records. */
  list(): ReplicaRecord[] {
    const names = readdirSync(this.#folders.records).filter((name) => name.endsWith('.json'));
    return names.flatMap((name) => this.get(name.slice(0, -'.json'.length)) ?? []);
  }

  /** Forgets a replica and all its files. */
  remove(replica: string): void {
    const files = replicaFiles(this.#folders, replica);
    // The record last: as long as there is one, an agent that is killed in between is told again to remove it.
    rmSync(files.directory, { recursive: true, force: true });
    rmSync(files.record, { force: true });
  }

  /** Calls back for each replica whose record changed or whose supervisor died; until the signal. */
  async watch(changed: (replica: string) => void, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const states = new Map(this.list().map((record) => [record.replica, fingerprint(record)]));
    const look = (): void => {
      let now: Map<string, string>;
      try {
        now = new Map(this.list().map((record) => [record.replica, fingerprint(record)]));
      } catch {
        // Unknown is not a change; the next look may succeed, and `list` says what is wrong.
        return;
      }
      for (const replica of new Set([...states.keys(), ...now.keys()]))
        if (states.get(replica) !== now.get(replica)) changed(replica);
      states.clear();
      for (const [replica, print] of now) states.set(replica, print);
    };
    const watcher = watch(this.#folders.records, look);
    watcher.on('error', () => undefined);
    const timer = setInterval(look, lookAgainMs);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    clearInterval(timer);
    watcher.close();
  }
}

/** Whether the supervisor that wrote the record still lives. */
export function isAlive(record: ReplicaRecord): boolean {
  return processEntry(record.supervisor.pid)?.startTicks === record.supervisor.startTicks;
}

/** What the contract says of a replica. */
export function stateOf(record: ReplicaRecord): ReplicaState {
  const { supervisor: _supervisor, child: _child, groups: _groups, entry: _entry, ...state } = record;
  return state;
}

function fingerprint(record: ReplicaRecord): string {
  return JSON.stringify(record);
}

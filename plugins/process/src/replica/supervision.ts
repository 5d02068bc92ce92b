import type { Cell } from '../isolation/cell.ts';
import type { CellEntry } from '../isolation/enter.ts';

/** What a supervisor is told on its standard input, once. */
export type Supervision = ReplicaSupervision | TaskSupervision;

/** Keep a replica running by its policy. */
export interface ReplicaSupervision {
  readonly kind: 'replica';
  readonly replica: string;
  readonly deployment: string;
  readonly service: string;
  readonly organisation: string;
  readonly cell: Cell;
  readonly command: string | readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly entry: CellEntry;
  readonly restart: 'always' | 'on-failure' | 'never';
  /** `null`: without end. */
  readonly restartTries: number | null;
  readonly stop: { readonly signal: string; readonly graceMs: number };
  readonly address: string;
  readonly port: number;
  readonly isolation: string;
  /** Where its record, its output and a request to stop are. */
  readonly files: { readonly record: string; readonly logs: string; readonly stop: string };
}

/** Run one command to its end, its output being ours. */
export interface TaskSupervision {
  readonly kind: 'task';
  readonly cell: Cell;
  readonly command: string | readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

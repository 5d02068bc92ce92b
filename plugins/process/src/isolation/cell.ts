/** A folder or file of the node that a cell shows at a path of its own. */
export interface CellMount {
  readonly from: string;
  readonly to: string;
  readonly writable: boolean;
}

/** How commands are kept apart from the node: what it offers decides. */
export type IsolationKind = 'namespaces' | 'bubblewrap' | 'uid' | 'none';

/** One place to run commands in: everything that a supervisor must know, decided beforehand. */
export interface Cell {
  readonly kind: IsolationKind;
  /** Absolute path of an init that forwards signals and reaps, on the node; `null`: none. */
  readonly init: string | null;
  /** `null`: the supervisor's own user. */
  readonly uid: number | null;
  /** An empty folder where a view of the file system is put together; used by `namespaces` only. */
  readonly root: string;
  readonly mounts: readonly CellMount[];
  /** Working directory as the command sees it. */
  readonly workingDirectory: string;
  /** Name of the control group and its limits; `null`: no limits. */
  readonly group: CellGroup | null;
}

/** A control group: its name and limits. */
export interface CellGroup {
  readonly name: string;
  /** Folders, one for each hierarchy that could be written. */
  readonly directories: readonly string[];
  readonly memoryBytes: number;
  /** Cores. */
  readonly cpu: number;
  readonly processes: number;
}

/** Whether commands see a file system of their own, with the mounts at their own paths. */
export function hasView(kind: IsolationKind): boolean {
  return kind === 'namespaces' || kind === 'bubblewrap';
}

import { join } from 'node:path';
import type { Toolchain } from '../build/toolchains.ts';
import { Toolchains } from '../build/toolchains.ts';
import type { NodeIsolation } from './capabilities.ts';
import type { Cell, CellMount } from './cell.ts';
import { hasView } from './cell.ts';

const processLimit = 1024;
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What a cell is made of, as paths of the node. */
export interface CellParts {
  /** Names the control group. */
  readonly name: string;
  readonly uid: number;
  /** Empty folder for the view. */
  readonly root: string;
  readonly app: string;
  readonly appWritable: boolean;
  /** Folder below `app` to start in. */
  readonly rootDirectory: string;
  readonly home: string;
  readonly temporary: string;
  readonly cache: string | null;
  readonly toolchainDirectory: string;
  readonly toolchains: readonly Toolchain[];
  /** Files that must be seen at their own path. */
  readonly files: readonly string[];
  readonly resources: { readonly cpu: number; readonly memoryBytes: number } | null;
}

/** A cell, and the variables that its paths lead to. */
export interface PreparedCell {
  readonly cell: Cell;
  readonly variables: Readonly<Record<string, string>>;
  /** The cache folder as commands see it. */
  readonly cache: string | null;
}

/** Decides how commands are kept apart on this node and where they see their files. */
export function prepareCell(node: NodeIsolation, parts: CellParts): PreparedCell {
  const view = hasView(node.kind);
  const app = view ? '/app' : parts.app;
  const home = view ? '/home/app' : parts.home;
  const temporary = view ? '/tmp' : parts.temporary;
  const toolchainsSeen = view ? '/toolchains' : parts.toolchainDirectory;
  const cache = parts.cache === null ? null : view ? '/cache' : parts.cache;
  const mounts: CellMount[] = [
    { from: parts.app, to: '/app', writable: parts.appWritable },
    { from: parts.home, to: '/home/app', writable: true },
    { from: parts.temporary, to: '/tmp', writable: true },
    ...(parts.cache === null ? [] : [{ from: parts.cache, to: '/cache', writable: true }]),
    ...parts.toolchains
      .map((toolchain) => Toolchains.folderName(toolchain))
      .map((name) => ({ from: join(parts.toolchainDirectory, name), to: `/toolchains/${name}`, writable: false })),
    ...parts.files
      .filter((path) => !/^\/(usr|etc)\//.test(path))
      .map((path) => ({ from: path, to: path, writable: false })),
  ];
  const group =
    parts.resources === null || node.hierarchies.length === 0
      ? null
      : {
          name: parts.name,
          directories: node.hierarchies.map((hierarchy) => `${hierarchy}/containr-${parts.name}`),
          memoryBytes: parts.resources.memoryBytes,
          cpu: parts.resources.cpu,
          processes: processLimit,
        };
  return {
    cell: {
      kind: node.kind,
      init: node.init,
      uid: node.kind === 'namespaces' || node.kind === 'uid' ? parts.uid : null,
      root: parts.root,
      mounts: view ? mounts : [],
      workingDirectory: join(app, parts.rootDirectory),
      group,
    },
    variables: {
      PATH: [
        ...parts.toolchains.flatMap((toolchain) => Toolchains.binaries(toolchain, toolchainsSeen)),
        systemPath,
      ].join(':'),
      HOME: home,
      TMPDIR: temporary,
      LANG: 'C.UTF-8',
    },
    cache,
  };
}

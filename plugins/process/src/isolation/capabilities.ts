import { access, constants } from 'node:fs/promises';
import type { Exec } from '@containr/sdk';
import type { IsolationKind } from './cell.ts';
import { limitsThatHold } from './limits.ts';

/** What this node offers to keep replicas apart. */
export interface NodeIsolation {
  readonly kind: IsolationKind;
  readonly init: string | null;
  /** Hierarchies in which control groups can be made. */
  readonly hierarchies: readonly string[];
  /** What holds, for people. */
  readonly description: string;
}

const inits = [
  '/usr/bin/tini',
  '/usr/bin/docker-init',
  '/usr/sbin/docker-init',
  '/usr/bin/dumb-init',
  '/usr/libexec/docker/docker-init',
];

/** Finds out what this node offers, by trying it. */
export async function probeIsolation(exec: Exec, isRoot = process.getuid?.() === 0): Promise<NodeIsolation> {
  const init = await firstExecutable(inits);
  const kind = await bestKind(exec, isRoot, init);
  const { hierarchies, limits } = isRoot ? await limitsThatHold() : { hierarchies: [], limits: [] };
  return { kind, init, hierarchies, description: describe(kind, limits) };
}

async function bestKind(exec: Exec, isRoot: boolean, init: string | null): Promise<IsolationKind> {
  async function works(argv: readonly [string, ...string[]]): Promise<boolean> {
    return exec(argv, { timeoutMs: 5000 }).then(
      (result) => result.exitCode === 0,
      () => false,
    );
  }
  if (isRoot) {
    if (
      init !== null &&
      (await works([
        'unshare',
        '--mount',
        '--pid',
        '--fork',
        '--kill-child=KILL',
        '--mount-proc',
        'setpriv',
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        '--no-new-privs',
        '--pdeathsig',
        'KILL',
        'true',
      ]))
    )
      return 'namespaces';
    return (await works([
      'setpriv',
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      '--no-new-privs',
      '--pdeathsig',
      'KILL',
      'true',
    ]))
      ? 'uid'
      : 'none';
  }
  if (await works(['bwrap', '--ro-bind', '/', '/', '--unshare-pid', '--die-with-parent', '--proc', '/proc', 'true']))
    return 'bubblewrap';
  return 'none';
}

function describe(kind: IsolationKind, holding: readonly string[]): string {
  const limits = holding.length === 0 ? ', no limits' : `, limits of ${new Intl.ListFormat('en').format(holding)}`;
  if (kind === 'namespaces') return `own user, pid and mount namespaces, no privileges${limits}; node's network`;
  if (kind === 'bubblewrap') return `pid and mount namespaces by bubblewrap${limits}; agent's user, node's network`;
  if (kind === 'uid') return `own user, no privileges${limits}; node's processes, files and network are visible`;
  return `none${limits}: trusted code only`;
}

async function firstExecutable(paths: readonly string[]): Promise<string | null> {
  for (const path of paths)
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  return null;
}

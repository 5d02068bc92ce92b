import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { scriptShell } from '@containr/sdk';
import type { Cell } from './cell.ts';

/**
 * The programs that lead into a cell, one after another; each dies with the one before, so that nothing outlives its
 * supervisor. They end in a shell that reads the script of the cell.
 */
export function cellArguments(cell: Cell): readonly [string, ...string[]] {
  const init = cell.init === null ? [] : [cell.init, '-g', '--'];
  if (cell.kind === 'namespaces') {
    const enter = [
      'setpriv',
      '--pdeathsig',
      'KILL',
      'unshare',
      '--pid',
      '--ipc',
      '--fork',
      '--kill-child=KILL',
      '--mount-proc',
      `--root=${cell.root}`,
      `--wd=${cell.workingDirectory}`,
    ] as const;
    return [...enter, ...dropPrivileges(cell), ...init, ...scriptShell];
  }
  if (cell.kind === 'bubblewrap') return ['bwrap', ...bubblewrapOptions(cell), '--', ...init, ...scriptShell];
  if (cell.kind === 'uid') {
    const [first, ...rest] = dropPrivileges(cell);
    return [first, ...rest, ...scriptShell];
  }
  return existsSync('/usr/bin/setpriv') ? ['setpriv', '--pdeathsig', 'KILL', ...scriptShell] : scriptShell;
}

/** How many processes lie between the started one and the one that takes signals; `null`: signal the process group. */
export function signalDepth(cell: Cell): number | null {
  if (cell.kind === 'namespaces') return 1;
  if (cell.kind === 'bubblewrap') return cell.init === null ? 2 : 1;
  return null;
}

// `pdeathsig` last: a change of user clears it.
function dropPrivileges(cell: Cell): readonly [string, ...string[]] {
  const user =
    cell.uid === null
      ? []
      : [`--reuid=${cell.uid}`, `--regid=${cell.uid}`, '--clear-groups', '--bounding-set=-all', '--inh-caps=-all'];
  return ['setpriv', ...user, '--no-new-privs', '--pdeathsig', 'KILL'];
}

function bubblewrapOptions(cell: Cell): string[] {
  const system = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].filter((path) => existsSync(path));
  return [
    '--unshare-pid',
    '--unshare-ipc',
    '--die-with-parent',
    '--new-session',
    ...(cell.init === null ? [] : ['--as-pid-1']),
    ...['--ro-bind', '/usr', '/usr', '--ro-bind', '/etc', '/etc'],
    ...system.flatMap((path) =>
      lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path],
    ),
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/run', '--tmpfs', '/var/tmp'],
    ...['--ro-bind-try', '/run/systemd/resolve', '/run/systemd/resolve'],
    ...cell.mounts.flatMap((each) => [each.writable ? '--bind' : '--ro-bind', each.from, each.to]),
    ...['--chdir', cell.workingDirectory],
  ];
}

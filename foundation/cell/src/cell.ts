import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import type { Isolation } from './layers.ts';
import type { LimitGroup, Limits } from './limits.ts';
import { limitGroup } from './limits.ts';
import { namespaces } from './namespaces.ts';
import { heapBytes, nodeFlags } from './node-flags.ts';
import type { Pace } from './own-time.ts';
import { paceOf } from './own-time.ts';
import { end, family, rank, resident } from './process-tree.ts';

/** A started process, not yet told anything. */
export interface Cell {
  readonly isolation: Isolation;
  readonly channel: Duplex;
  readonly heartbeat: Duplex;
  readonly output: readonly Readable[];
  /** Its processes, oldest first. */
  pids(): readonly number[];
  /** Resident memory in bytes; `null` when it can't be told. */
  residentBytes(): number | null;
  /** How far its main thread has come; `null` when the system does not tell. */
  pace(): Pace | null;
  /** Puts it under its limits; called when it is there and before it is told anything. */
  limit(): void;
  /** Lets it before everything else, or behind again, where the system allows. */
  favour(on: boolean): void;
  /** Ends all its processes at once. */
  kill(): void;
  /** Resolves with how it ended. */
  readonly ended: Promise<Ending>;
}

/** How a process ended. */
export interface Ending {
  /** `ended with code 1`, `was ended by SIGTERM`. */
  readonly how: string;
  /** Whether it was for memory: it had none left of its own, or the system took it. */
  readonly memory: boolean;
}

const [setpriv, prlimit, nice] = ['/usr/bin/setpriv', '/usr/bin/prlimit', '/usr/bin/nice'] as const;
/** Users that no other process of this machine has. */
export interface Uids {
  readonly first: number;
  readonly last: number;
}

const pluginUids: Uids = { first: 61_001, last: 61_999 };
/** The plugin's code is behind everything else; ours, while it starts, before it: then it is there in a moment. */
const behind = 10;
const before = -5;

/** Gives a plugin's folder to a user that no other plugin has; the same one each time. `null` when this process is not root. */
export function ownUid(directory: string, { first, last }: Uids = pluginUids): number | null {
  if (process.getuid?.() !== 0) return null;
  const parent = dirname(directory);
  letPass(parent);
  letPass(dirname(parent));
  const own = statSync(directory).uid;
  if (own >= first && own <= last) return own;
  const taken = new Set(readdirSync(parent).map((name) => statSync(join(parent, name)).uid));
  let uid = first;
  while (taken.has(uid) && uid < last) uid += 1;
  chownSync(directory, uid, uid);
  return uid;
}

// Passing through is all that it gains: what lies beside is closed.
function letPass(folder: string): void {
  const { mode } = statSync(folder);
  if ((mode & 0o001) === 0) chmodSync(folder, (mode & 0o777) | 0o001);
}

/** Lets a user pass to a package inside the data folder; what lies elsewhere is as its owner made it. */
function letReach(packageDirectory: string, data: string): void {
  if (!packageDirectory.startsWith(`${data}/`)) return;
  const { mode } = statSync(packageDirectory);
  chmodSync(packageDirectory, (mode & 0o777) | 0o055);
  for (let folder = dirname(packageDirectory); folder.length >= data.length; folder = dirname(folder)) letPass(folder);
}

/** Starts the process that a plugin runs in, with everything closed that this system can close. */
export function startCell(options: {
  readonly plugin: string;
  /** What runs in it, absolute: speaks over descriptor 3, and gives signs of life over 4. */
  readonly program: string;
  readonly packageDirectory: string;
  readonly directory: string;
  readonly limits: Limits;
  readonly uids?: Uids;
  /** Without Node's permission model, to see that the rest holds alone; with it unless told. */
  readonly seatBelt?: boolean;
}): Cell {
  const uid = existsSync(setpriv) ? ownUid(options.directory, options.uids) : null;
  if (uid !== null) letReach(options.packageDirectory, dirname(dirname(options.directory)));
  const { seatBelt = true } = options;
  const { apart, ownProc, command: unshare } = namespaces();
  const group = limitGroup(options.plugin, options.limits);
  const node = [process.execPath, ...nodeFlags({ ...options, seatBelt }), options.program];
  const canDrop = existsSync(setpriv);
  const user = uid === null ? [] : [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const capabilities = uid === null ? [] : ['--bounding-set=-all', '--inh-caps=-all'];
  const canLimit = existsSync(prlimit);
  const [command = process.execPath, ...args] = [
    // Ends with its host, even when its own loop hangs.
    ...(canDrop ? [setpriv, '--pdeathsig', 'KILL'] : []),
    ...unshare,
    ...(existsSync(nice) && uid !== null ? [nice, '-n', `${before}`] : []),
    ...(canLimit ? [prlimit, ...processLimits(options.limits, uid)] : []),
    // Last of them the signal: a change of user clears it.
    ...(canDrop ? [setpriv, ...user, '--no-new-privs', ...capabilities, '--pdeathsig', 'KILL'] : []),
    ...node,
  ];
  const child = spawn(command, args, {
    cwd: options.directory,
    env: {},
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    // A session of its own: a signal to the host's group is not one to the plugin.
    detached: true,
  });
  const [, stdout, stderr, channel, heartbeat] = child.stdio as [null, Readable, Readable, Duplex, Duplex];
  const pids = (): number[] => (child.pid === undefined ? [] : family(child.pid));
  return {
    isolation: {
      uid,
      namespaces: apart,
      ownProc,
      noNewPrivileges: canDrop,
      fileLimit: canLimit,
      memoryLimit: group.enforced.memory,
      cpuLimit: group.enforced.cpu,
      processLimit: group.enforced.processes,
      permissionModel: seatBelt,
    },
    channel,
    heartbeat,
    output: [stdout, stderr],
    pids,
    residentBytes: () => resident(pids()),
    pace: () => paceOf(pids().at(-1) ?? 0),
    limit() {
      for (const pid of pids()) group.add(pid);
      for (const pid of pids()) rank(pid, behind);
    },
    favour(on) {
      group.favour(on);
      for (const pid of pids()) rank(pid, on ? before : behind);
    },
    kill: () => pids().toReversed().forEach(end),
    ended: ending(child, group, heapBytes(options.limits)),
  };
}

function ending(child: ChildProcess, group: LimitGroup, heap: number): Promise<Ending> {
  return new Promise((resolve) => {
    const done = (how: string, memory = false): void => {
      resolve({ how, memory });
      for (const ms of [0, 200, 2_000]) setTimeout(() => group.remove(), ms).unref();
    };
    child.once('error', (error) => done(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      // What stands between us and the process does not always pass its signal on.
      if (group.ranOut()) return done('was ended because its memory ran out', true);
      const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
      // V8 aborts when its heap is full; the first process of a namespace has no SIGABRT and goes on to the next worse.
      const aborted = [134, 139].includes(code ?? 0) || /^SIG(ABRT|SEGV|ILL|TRAP)$/.test(signal ?? '');
      // It counts what it reserved and never touched, which the system does not.
      const full = aborted && (group.peakBytes() ?? heap) >= heap * 0.75;
      // Where no limit is enforced, the system ends whom it likes.
      const taken = !group.enforced.memory && (code === 137 || signal === 'SIGKILL');
      done(full || taken ? `${how}, as it does when memory runs out` : how, full || taken);
    });
  });
}

/** Of each process; as a user of its own also of all. A core is never written. */
function processLimits(limits: Limits, uid: number | null): string[] {
  return [
    `--nofile=${limits.files}`,
    `--fsize=${limits.fileBytes}`,
    '--core=0',
    // Counted by user: for one that is not its own it would count others.
    ...(uid === null ? [] : [`--nproc=${limits.processes * 2}`]),
  ];
}

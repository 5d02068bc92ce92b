import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { LimitGroup, Limits } from './limits.ts';
import { limitGroup } from './limits.ts';
import type { Pace } from './own-time.ts';
import { paceOf } from './own-time.ts';

/** What really keeps a plugin's process apart on this system; shown to the admin as it is. */
export interface Isolation {
  /** A user of its own, by number; `null`: it runs as the control plane's user. */
  readonly uid: number | null;
  /** Namespaces of its own: network, processes, shared memory. */
  readonly namespaces: boolean;
  readonly memoryLimit: boolean;
  readonly cpuLimit: boolean;
  readonly processLimit: boolean;
  /** Node's permission model: always on, and only a seat belt. */
  readonly permissionModel: true;
}

/** A started process, not yet told anything. */
export interface Cell {
  readonly isolation: Isolation;
  readonly channel: Duplex;
  readonly heartbeat: Duplex;
  readonly output: readonly Readable[];
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

const firstUid = 61_001;
const lastUid = 61_999;
/** The plugin's code is behind everything else; ours, while it starts, before it: then it is there in a moment. */
const behind = 10;
const before = -5;
let namespaced: boolean | undefined;

/** Gives a plugin's folder to a user that no other plugin has; the same one each time. `null` when this process is not root. */
export function ownUid(directory: string): number | null {
  if (process.getuid?.() !== 0) return null;
  const parent = dirname(directory);
  letPass(parent);
  letPass(dirname(parent));
  const own = statSync(directory).uid;
  if (own >= firstUid && own <= lastUid) return own;
  const taken = new Set(readdirSync(parent).map((name) => statSync(join(parent, name)).uid));
  let uid = firstUid;
  while (taken.has(uid) && uid < lastUid) uid += 1;
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
  readonly packageDirectory: string;
  readonly directory: string;
  readonly limits: Limits;
}): Cell {
  const uid = ownUid(options.directory);
  if (uid !== null) letReach(options.packageDirectory, dirname(dirname(options.directory)));
  const apart = namespacesWork();
  const group = limitGroup(options.plugin, options.limits);
  const node = [process.execPath, ...nodeFlags(options), program()];
  const dropped =
    uid === null
      ? []
      : [
          ...['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs'],
          // Last of them: a change of user clears it.
          ...['--bounding-set=-all', '--inh-caps=-all', '--pdeathsig', 'KILL'],
        ];
  const [command = process.execPath, ...args] = [
    // Ends with the control plane, even when its own loop hangs.
    ...(existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] : []),
    ...(apart ? namespaces() : []),
    ...(existsSync('/usr/bin/nice') && uid !== null ? ['/usr/bin/nice', '-n', `${before}`] : []),
    ...(existsSync('/usr/bin/prlimit') ? ['/usr/bin/prlimit', ...processLimits(options.limits, uid)] : []),
    ...dropped,
    ...node,
  ];
  const child = spawn(command, args, {
    cwd: options.directory,
    env: {},
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    // A session of its own: a signal to the control plane's group is not one to the plugin.
    detached: true,
  });
  const [, stdout, stderr, channel, heartbeat] = child.stdio as [null, Readable, Readable, Duplex, Duplex];
  const pids = (): number[] => (child.pid === undefined ? [] : family(child.pid));
  return {
    isolation: {
      uid,
      namespaces: apart,
      memoryLimit: group.enforced.memory,
      cpuLimit: group.enforced.cpu,
      processLimit: group.enforced.processes,
      permissionModel: true,
    },
    channel,
    heartbeat,
    output: [stdout, stderr],
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
      const full = aborted && (group.peakBytes() ?? heap) >= heap;
      // Where no limit is enforced, the system ends whom it likes.
      const taken = !group.enforced.memory && (code === 137 || signal === 'SIGKILL');
      done(full || taken ? `${how}, as it does when memory runs out` : how, full || taken);
    });
  });
}

/** What V8 may keep on its heap; buffers come on top. */
function heapBytes({ memoryBytes }: Limits): number {
  return memoryBytes / 2;
}

/** Each thread has a priority of its own, and hands it to those that it starts. */
function rank(pid: number, niceness: number): void {
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), niceness);
  } catch {
    // It ended, or this user may not.
  }
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

function nodeFlags({
  packageDirectory,
  directory,
  limits,
}: {
  packageDirectory: string;
  directory: string;
  limits: Limits;
}): string[] {
  const own = fileURLToPath(new URL('..', import.meta.url));
  const readable = [
    own,
    ...moduleFolders(own),
    realpathSync(packageDirectory),
    packageDirectory,
    ...moduleFolders(packageDirectory),
    directory,
  ];
  return [
    '--permission',
    ...readable.map((folder) => `--allow-fs-read=${folder.replace(/\/$/, '')}/*`),
    `--allow-fs-write=${directory}/*`,
    `--max-old-space-size=${Math.floor(heapBytes(limits) / 1_048_576)}`,
    '--disable-proto=delete',
    '--no-warnings',
    ...(import.meta.url.endsWith('.ts') ? ['--conditions=containr-src'] : []),
  ];
}

/** Folders that modules imported from `directory` lie in: each `node_modules` above it, and where the sdk really is. */
function moduleFolders(directory: string): string[] {
  const found: string[] = [];
  for (let folder = directory; folder !== dirname(folder); folder = dirname(folder)) {
    const modules = join(folder, 'node_modules');
    if (existsSync(modules)) found.push(modules, ...linkedOf(join(modules, '@containr')));
  }
  const sdk = createRequire(import.meta.url).resolve('@containr/sdk');
  return [...found, join(dirname(sdk), '..')];
}

/** Where the links of a folder really lead: packages of the install, which hold code only. */
function linkedOf(scope: string): string[] {
  if (!existsSync(scope)) return [];
  const links = readdirSync(scope).map((name) => join(scope, name));
  return links.filter((link) => existsSync(link)).map((link) => realpathSync(link));
}

function program(): string {
  return fileURLToPath(new URL(`./child/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));
}

/** Network, processes and shared memory of its own; an ordinary user gets them inside a user namespace, where the system allows it. */
function namespaces(): string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user'];
  return ['unshare', ...user, '-n', '-p', '-f', '-i', '--kill-child=KILL', '--'];
}

function namespacesWork(): boolean {
  const [command = '', ...args] = namespaces();
  namespaced ??= spawnSync(command, [...args, 'true'], { timeout: 5000 }).status === 0;
  return namespaced;
}

/** A process and all below it, oldest first; from the kernel's own lists, which the processes can't change. */
function family(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number);
    return [pid, ...children.filter((child) => child > 0).flatMap(family)];
  } catch {
    return [pid];
  }
}

function resident(pids: readonly number[]): number | null {
  let bytes = 0;
  for (const pid of pids) {
    try {
      bytes += Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
    } catch {
      // It ended in between.
    }
  }
  return bytes === 0 ? null : bytes;
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

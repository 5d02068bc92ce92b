// Runs where it is put: beside a plugin without Node's permission model, and, to see that each try can succeed, in an ordinary process.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';

/** What there is to get at. */
export interface Targets {
  /** A file that only its owner reads; its text is the canary. */
  readonly file: string;
  /** A process with the canary in its environment. */
  readonly pid: number;
  readonly port: number;
  readonly socket: string;
  /** Name of an abstract socket, without the leading zero. */
  readonly abstract: string;
  /** A copy of `id` that runs as root. */
  readonly setuid: string;
  /** Owner of the file and of the process. */
  readonly uid: number;
  readonly ownFolder: string;
}

type Try = (targets: Targets) => unknown;

/** Tries to get out, by the layer that has to stop each; one that gets through returns, one that is stopped throws. */
export const breakOuts: Readonly<Record<string, readonly [layer: string, attempt: Try]>> = {
  'reads a private file': ['user', ({ file }) => readFileSync(file, 'utf8')],
  'writes beside a private file': ['user', ({ file }) => writeFileSync(join(dirname(file), 'written'), 'x')],
  'becomes the owner of others': [
    'user',
    ({ uid }) => {
      if (process.getuid?.() !== uid) process.setuid?.(uid);
      return process.getuid?.() === uid || fail('still somebody else');
    },
  ],
  'connects to a private socket': ['user', ({ socket }) => reach({ path: socket })],
  'reads the environment of another process': ['processes', ({ pid }) => readFileSync(`/proc/${pid}/environ`, 'utf8')],
  'reads the memory map of another process': ['processes', ({ pid }) => readFileSync(`/proc/${pid}/maps`, 'utf8')],
  'opens the memory of another process': ['processes', ({ pid }) => closeSync(openSync(`/proc/${pid}/mem`, 'r'))],
  'looks at the descriptors of another process': [
    'processes',
    ({ pid }) => readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`)),
  ],
  'reads the command line of another process': ['processes', ({ pid }) => readFileSync(`/proc/${pid}/cmdline`, 'utf8')],
  'sends a signal to another process': ['network', ({ pid }) => process.kill(pid, 0)],
  'connects to a port of this machine': ['network', ({ port }) => reach({ port, host: '127.0.0.1' })],
  'connects to an abstract socket': ['network', ({ abstract }) => reach({ path: `\0${abstract}` })],
  'becomes root by a setuid program': [
    'privileges',
    ({ setuid }) => execFileSync(setuid, ['-u'], { encoding: 'utf8' }).trim() === '0' || fail('not root'),
  ],
  'starts 80 processes': [
    'number',
    async () => {
      const all = Array.from({ length: 80 }, () => spawn('/bin/sleep', ['20'], { stdio: 'ignore' }));
      const failed = await Promise.all(
        all.map(
          (one) =>
            new Promise<boolean>((resolve) => {
              one.once('error', () => resolve(true));
              one.once('spawn', () => resolve(false));
            }),
        ),
      );
      for (const one of all) one.kill('SIGKILL');
      return failed.includes(true) ? fail('some did not start') : all.length;
    },
  ],
  'opens a file a thousand times': [
    'files',
    () => {
      const open: number[] = [];
      try {
        for (let n = 0; n < 1_000; n += 1) open.push(openSync('/dev/null', 'r'));
      } finally {
        open.forEach((fd) => closeSync(fd));
      }
    },
  ],
  'writes a file of 4 MB': ['files', ({ ownFolder }) => writeFileSync(join(ownFolder, 'large'), Buffer.alloc(4e6))],
};

/** Tries each; `got` or why not. */
export async function breakOut(targets: Targets): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  for (const [name, [, attempt]] of Object.entries(breakOuts)) {
    try {
      await attempt(targets);
      results[name] = 'got';
    } catch (error) {
      results[name] = error instanceof Error ? error.message : String(error);
    }
  }
  return results;
}

function fail(why: string): never {
  throw new Error(why);
}

function reach(to: { path: string } | { port: number; host: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(to as { path: string });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

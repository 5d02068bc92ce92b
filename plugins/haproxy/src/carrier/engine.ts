import { execFile } from 'node:child_process';
import { access, constants, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const places = ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy', '/usr/bin/haproxy', '/usr/local/bin/haproxy'];
/** Servers can be added to a running one since then. */
const least = [2, 6] as const;

/** An HAProxy on this node. */
export interface Engine {
  readonly path: string;
  /** For example `2.6.12`. */
  readonly version: string;
}

/** The HAProxy of this node, or why there is none that can be used, in a sentence. */
export async function findEngine(candidates: readonly string[] = places): Promise<Engine | string> {
  let reason = `There is no HAProxy on this node (looked for ${candidates.join(', ')}).`;
  for (const path of candidates) {
    try {
      await access(path, constants.X_OK);
      const { stdout } = await execute(path, ['-vv'], { timeout: 10_000 });
      const version = /version (\d+)\.(\d+)[\w.-]*/i.exec(stdout);
      const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
      const name = version?.[0].replace(/^version /i, '') ?? 'unknown';
      if (!version || major < least[0] || (major === least[0] && minor < least[1]))
        reason = `${path} is HAProxy ${name}, and ${least.join('.')} or later is needed.`;
      else if (!/\+LUA\b/.test(stdout) || !/\+OPENSSL\b/.test(stdout))
        reason = `${path} was built without Lua or OpenSSL, and both are needed.`;
      else return { path, version: name };
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') continue;
      reason = `${path} can't be run: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
    }
  }
  return reason;
}

/** User that HAProxy runs as once it listens; `null` when it can't be changed, or there is none. */
export async function unprivilegedUser(): Promise<{ name: string; uid: number } | null> {
  if (process.geteuid?.() !== 0) return null;
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const found = ['haproxy', 'nobody'].flatMap((wanted) => users.filter(([name]) => name === wanted))[0];
  return found?.[0] === undefined ? null : { name: found[0], uid: Number(found[2]) };
}

/** Connections that the open files of a process allow, two each and some to spare; at most `most`. */
export async function connectionsWithin(most: number): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const hard = Number(/^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
  return Math.max(100, Math.min(most, Math.floor(hard / 2) - 100));
}

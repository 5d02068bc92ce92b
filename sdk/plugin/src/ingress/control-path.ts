import { createHash } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContainrError } from '../errors.ts';

/** Longest path of a Unix socket that every system takes, in bytes, with what is put behind it (`.leaving`). */
const longest = 92;

/** Where an ingress's control socket is: in the plugin's folder, or in a private folder with a short name when that path is too long. */
export function controlPath(directory: string): string {
  const path = join(directory, 'router.sock');
  if (Buffer.byteLength(path) <= longest) return path;
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), `containr-${name}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(folder);
  if (uid !== process.geteuid?.() || (mode & 0o077) !== 0) {
    throw new ContainrError({
      code: 'INGRESS_FOLDER_UNSAFE',
      status: 500,
      detail: `${folder} belongs to somebody else or is open to others.`,
      hint: 'Remove that folder, or choose a data folder with a shorter path.',
    });
  }
  return join(folder, 'router.sock');
}

import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=utf-8',
};

/** A file that may be served; held in memory, so that a request can name nothing else. */
export interface ServedFile {
  readonly type: string;
  readonly content: Buffer;
  /** Compressed at build time; `null` where that does not pay. */
  readonly gzip: Buffer | null;
  readonly hash: string;
}

/** How much of a folder may be held; what is over it is not served. */
export interface Bounds {
  readonly files: number;
  readonly bytes: number;
}

const roomy: Bounds = { files: 2_000, bytes: 64 * 1_048_576 };

/**
 * Reads the servable files below a folder, by path relative to it with `/`; empty when there is no such folder. Links are not
 * followed: what they lead to may lie anywhere.
 */
export function readFiles(directory: string, bounds: Bounds = roomy): ReadonlyMap<string, ServedFile> {
  const files = new Map<string, ServedFile>();
  const names = new Set(filesIn(directory));
  let left = bounds.bytes;
  for (const name of [...names].sort()) {
    const type = types[extname(name)];
    if (!type || files.size >= bounds.files) continue;
    const content = readPlain(join(directory, name), left);
    const gzip = names.has(`${name}.gz`) ? readPlain(join(directory, `${name}.gz`), left) : null;
    if (!content) continue;
    left -= content.length + (gzip?.length ?? 0);
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
    files.set(name, { type, content, gzip, hash });
  }
  return files;
}

/** Changes when a folder's entry file was built again; `null` when it is not there. */
export function buildStamp(directory: string, entry: string): string | null {
  const stat = statSync(join(directory, entry), { throwIfNoEntry: false });
  return stat ? `${stat.mtimeMs}-${stat.size}` : null;
}

/** Whether a folder really lies below another one, links resolved. */
export function isWithin(directory: string, parent: string): boolean {
  return realpathSync(directory).startsWith(`${realpathSync(parent)}${sep}`);
}

// Node's own recursive listing goes into folders that are links.
function filesIn(directory: string, below = ''): string[] {
  return readdirSync(join(directory, below), { withFileTypes: true }).flatMap((entry) => {
    const name = `${below}${entry.name}`;
    if (entry.isDirectory()) return filesIn(directory, `${name}/`);
    return entry.isFile() ? [name] : [];
  });
}

// The name may have become a link since it was listed.
function readPlain(path: string, most: number): Buffer | null {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const stat = fstatSync(file);
    return stat.isFile() && stat.size <= most ? readFileSync(file) : null;
  } finally {
    closeSync(file);
  }
}

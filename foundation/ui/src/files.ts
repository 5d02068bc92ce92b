import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
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

/** Reads the servable files below a folder, by path relative to it with `/`; empty when there is no such folder. */
export function readFiles(directory: string): ReadonlyMap<string, ServedFile> {
  const files = new Map<string, ServedFile>();
  const names = new Set(readdirSync(directory, { recursive: true, encoding: 'utf8' }));
  for (const name of names) {
    const type = types[extname(name)];
    if (!type) continue;
    const content = readFileSync(join(directory, name));
    const gzip = names.has(`${name}.gz`) ? readFileSync(join(directory, `${name}.gz`)) : null;
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
    files.set(name.split(sep).join('/'), { type, content, gzip, hash });
  }
  return files;
}

/** Changes when a folder's entry file was built again; `null` when it is not there. */
export function buildStamp(directory: string, entry: string): string | null {
  const stat = statSync(join(directory, entry), { throwIfNoEntry: false });
  return stat ? `${stat.mtimeMs}-${stat.size}` : null;
}

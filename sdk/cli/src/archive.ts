import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import ignoreRules from 'ignore';
import { pack } from 'tar-stream';

type Ignore = ReturnType<typeof ignoreRules>;

const always = ['.git', 'node_modules', '.DS_Store'];

/** Files of a folder that a deployment needs, relative, in order: what `.gitignore` and `.containrignore` leave. */
export async function listFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  await walk(folder, '', [], found);
  return found;
}

async function walk(
  folder: string,
  below: string,
  rules: readonly { at: string; rule: Ignore }[],
  found: string[],
): Promise<void> {
  const entries = (await readdir(join(folder, below), { withFileTypes: true })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const own = await rulesOf(
    folder,
    below,
    entries.map((entry) => entry.name),
  );
  const active = own ? [...rules, { at: below, rule: own }] : rules;
  for (const entry of entries) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (always.includes(entry.name)) continue;
    const name = entry.isDirectory() ? `${path}/` : path;
    if (active.some(({ at, rule }) => rule.ignores(at === '' ? name : name.slice(at.length + 1)))) continue;
    if (entry.isDirectory()) await walk(folder, path, active, found);
    else if (entry.isFile() || entry.isSymbolicLink()) found.push(path);
  }
}

async function rulesOf(folder: string, below: string, names: readonly string[]): Promise<Ignore | null> {
  const files = ['.gitignore', '.containrignore'].filter((name) => names.includes(name));
  if (files.length === 0) return null;
  const rule = ignoreRules();
  for (const file of files) rule.add(await readFile(join(folder, below, file), 'utf8'));
  return rule;
}

/** A tar.gz of a folder's files as a stream: what `POST /uploads` takes. */
export function archive(folder: string, files: readonly string[]): ReadableStream<Uint8Array> {
  const tar = pack();
  const gzip = createGzip({ level: 6 });
  void pipeline(tar, gzip).catch((error: unknown) =>
    gzip.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  void fill(tar, folder, files).catch((error: unknown) =>
    tar.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return Readable.toWeb(gzip) as ReadableStream<Uint8Array>;
}

async function fill(tar: ReturnType<typeof pack>, folder: string, files: readonly string[]): Promise<void> {
  for (const name of files) {
    const path = join(folder, name);
    const stat = await lstat(path);
    if (stat.isSymbolicLink()) {
      tar.entry({ name, type: 'symlink', linkname: await readlink(path) });
      continue;
    }
    const entry = tar.entry({ name, size: stat.size, mode: stat.mode & 0o777, mtime: stat.mtime });
    await pipeline(createReadStream(path), entry);
  }
  tar.finalize();
}

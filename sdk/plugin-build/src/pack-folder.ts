import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import type { PluginFolder } from './plugin-folder.ts';

/**
 * The plugin as the tar.gz that an install takes: package.json, README, licence and `dist`, below `package/` as npm packs it.
 * Build it first. `version` stands in for the one of package.json.
 */
export async function packFolder({ directory }: PluginFolder, version?: string): Promise<Buffer> {
  const tar = pack();
  const document: unknown = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
  const json =
    typeof document === 'object' && document !== null ? { ...document, ...(version ? { version } : {}) } : {};
  tar.entry({ name: 'package/package.json' }, JSON.stringify(json, null, 2));
  for (const file of await filesOf(directory))
    tar.entry({ name: `package/${relative(directory, file).split(sep).join('/')}` }, await readFile(file));
  tar.finalize();
  return buffer(tar.pipe(createGzip()));
}

async function filesOf(directory: string): Promise<readonly string[]> {
  const top = (await readdir(directory)).filter((name) => /^(?:readme|licen[cs]e)/i.test(name));
  const built = await readdir(join(directory, 'dist'), { recursive: true, withFileTypes: true });
  const files = built.filter((one) => one.isFile() && !one.name.endsWith('.map'));
  return [
    ...top.map((name) => join(directory, name)),
    ...files.map((one) => join(one.parentPath, one.name)),
  ].toSorted();
}

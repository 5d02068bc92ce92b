import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Limits } from './limits.ts';

/** What V8 may keep on its heap, in bytes; buffers come on top. */
export function heapBytes({ memoryBytes }: Limits): number {
  return memoryBytes / 2;
}

/** Flags of the Node that a plugin runs in; `seatBelt`: with Node's permission model. */
export function nodeFlags({
  program,
  packageDirectory,
  directory,
  limits,
  seatBelt,
}: {
  program: string;
  packageDirectory: string;
  directory: string;
  limits: Limits;
  seatBelt: boolean;
}): string[] {
  const own = fileURLToPath(new URL('..', import.meta.url));
  const runs = packageOf(program);
  const readable = [
    own,
    runs,
    ...moduleFolders(own),
    ...moduleFolders(runs),
    realpathSync(packageDirectory),
    packageDirectory,
    ...moduleFolders(packageDirectory),
    directory,
  ];
  const permissions = [
    '--permission',
    ...[...new Set(readable)].map((folder) => `--allow-fs-read=${folder.replace(/\/$/, '')}/*`),
    `--allow-fs-write=${directory}/*`,
    // It opens files past the permission model.
    '--no-experimental-sqlite',
  ];
  return [
    ...(seatBelt ? permissions : []),
    `--max-old-space-size=${Math.floor(heapBytes(limits) / 1_048_576)}`,
    '--disable-proto=delete',
    '--no-warnings',
    ...(import.meta.url.endsWith('.ts') ? ['--conditions=containr-src'] : []),
  ];
}

/** The folder of the package that a file belongs to. */
function packageOf(file: string): string {
  let folder = dirname(file);
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
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

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Lines of code in a TypeScript text: neither blank nor comment only. */
export function countLines(text) {
  const bare = text.replace(/\/\*[\s\S]*?\*\//g, '');
  return bare.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//')).length;
}

function* sources(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (name.endsWith('.ts') && !name.endsWith('.test.ts')) yield path;
  }
}

/** Lines of code of the kernel, in all and by folder; tests and their fixtures are not counted. */
export function countKernel(folder) {
  const folders = new Map();
  for (const path of sources(folder)) {
    if (/\/(test|fixtures|dist|node_modules)\//.test(path)) continue;
    const relative = path.slice(folder.length + 1);
    const name = relative.includes('/') ? relative.slice(0, relative.indexOf('/')) : '.';
    folders.set(name, (folders.get(name) ?? 0) + countLines(readFileSync(path, 'utf8')));
  }
  return { total: [...folders.values()].reduce((sum, lines) => sum + lines, 0), folders: [...folders] };
}

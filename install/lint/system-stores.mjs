import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Every `store.system('reason')` of the plugins: places that see all organisations, to be read by people. */
export function listSystemStores(folder) {
  const found = [];
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (name === 'node_modules' || name === 'dist') continue;
    if (statSync(path).isDirectory()) found.push(...listSystemStores(path));
    else if (name.endsWith('.ts') && !name.endsWith('.test.ts')) {
      for (const match of readFileSync(path, 'utf8').matchAll(/store\s*\.system\(\s*(['"`])(.*?)\1/g))
        found.push({ file: path, reason: match[2] });
    }
  }
  return found;
}

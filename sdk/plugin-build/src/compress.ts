import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Writes `<file>.gz` beside each text file that gets smaller by it, so that no request pays for it. */
export function compress(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(?:js|css|svg|json)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const content = readFileSync(path);
    const zipped = gzipSync(content, { level: 9 });
    if (content.length > 1024 && zipped.length < content.length * 0.95) writeFileSync(`${path}.gz`, zipped);
  }
}

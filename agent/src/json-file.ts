import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { JSONSchema } from '@containr/sdk';
import { validate } from '@containr/sdk/host';

/** Writes JSON so that a reader sees the old or the new text, never half of it; owner only. */
export function writeJson(path: string, value: unknown): void {
  const next = `${path}.next`;
  writeFileSync(next, JSON.stringify(value), { mode: 0o600 });
  renameSync(next, path);
}

/** Reads JSON that {@link writeJson} wrote; `null` when it is missing or not what the schema says. */
export function readJson<T>(path: string, schema: JSONSchema): T | null {
  try {
    return validate<T>(schema, JSON.parse(readFileSync(path, 'utf8')), path);
  } catch {
    return null;
  }
}

import { createHash } from 'node:crypto';

/** One file or link of a snapshot: its path, what it is, and the SHA-256 of its content or the link's target. */
export interface TreeEntry {
  readonly path: string;
  readonly mode: 'file' | 'executable' | 'link';
  readonly content: string;
}

/** Names content: the same files, modes and links give the same hash, whatever archive they came in. 64 hex digits. */
export function treeHash(entries: readonly TreeEntry[]): string {
  const hash = createHash('sha256').update('containr-tree-1\n');
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  for (const entry of sorted) hash.update(`${JSON.stringify([entry.path, entry.mode, entry.content])}\n`);
  return hash.digest('hex');
}

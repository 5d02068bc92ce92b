const ids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{12,}|\b[0-9]{2,}\b/gi;

/** A name that is the same in the next run: without ids, hashes, numbers of processes and of deployments, and names for the moment. */
export function named(text: string): string {
  return text
    .replace(ids, '*')
    .replaceAll(/\*(-\*)+/g, '*')
    .replaceAll(/-[0-9a-f]{6}-\d+\b/g, '-*')
    .replaceAll(/\btmp\/[^/]+/g, 'tmp/*');
}

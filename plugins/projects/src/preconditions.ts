import { conflict, ContainrError } from '@containr/sdk';

interface Versioned {
  readonly updatedAt: Date;
  readonly revision?: number;
}

/** Entity tag of a row: another one after every change. */
export function etagOf(row: Versioned): string {
  return `"${row.revision ?? 0}-${row.updatedAt.getTime().toString(36)}"`;
}

/** Honours `If-Match`. Throws `STALE` (412) when the row has changed since the caller read it. */
export function requireMatch(headers: Readonly<Record<string, string>>, row: Versioned): void {
  const wanted = headers['if-match'];
  if (wanted === undefined || wanted === '*') return;
  const tags = wanted.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (tags.includes(etagOf(row))) return;
  throw new ContainrError({
    code: 'STALE',
    status: 412,
    detail: 'This has been changed since you read it.',
    hint: 'Read it again, look at what changed, and send your change with the new ETag.',
  });
}

/** A deletion names what it deletes. Throws `CONFLICT_CONFIRM` (409). */
export function requireConfirm(confirm: string | undefined, slug: string, what: string): void {
  if (confirm === slug) return;
  throw conflict(
    'CONFLICT_CONFIRM',
    `Deleting ${what} "${slug}" can't be undone, and it was not confirmed.`,
    `Add ?confirm=${slug} to the request.`,
  );
}

/** Runs a write; a taken slug becomes `CONFLICT_SLUG` (409), something still inside becomes `CONFLICT_IN_USE`. */
export async function refusing<T>(what: string, slug: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === '23505')
      throw conflict(
        'CONFLICT_SLUG',
        `There is already ${what} with the slug "${slug}" here.`,
        `Choose another slug, "${slug.slice(0, 37)}-2" for example.`,
      );
    if (code === '23503')
      throw conflict(
        'CONFLICT_IN_USE',
        `There was still something inside of "${slug}".`,
        'Look at what is in it, and try again.',
      );
    throw error;
  }
}

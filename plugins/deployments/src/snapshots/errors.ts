import { ContainrError } from '@containr/sdk';

/** What an upload may hold. */
export const limits = {
  archiveBytes: 512 * 1024 * 1024,
  contentBytes: 2 * 1024 * 1024 * 1024,
  entries: 100_000,
  pathBytes: 1024,
  depth: 64,
  /** Content to archive size; more is a bomb. Counted from 64 MiB of content on. */
  ratio: 200,
  ratioFromBytes: 64 * 1024 * 1024,
} as const;

/** 422: the archive holds something that must not be unpacked. */
export function unsafe(path: string, why: string): ContainrError {
  return new ContainrError({
    code: 'UPLOAD_UNSAFE',
    status: 422,
    detail: `The archive was refused because of the entry "${printable(path)}": ${why}.`,
    hint: 'Pack the folder of your application itself: ordinary files and folders, and links that stay inside.',
  });
}

/** 413: the archive, or what is in it, is too large. */
export function tooLarge(detail: string): ContainrError {
  return new ContainrError({
    code: 'UPLOAD_TOO_LARGE',
    status: 413,
    detail,
    hint: 'Leave out dependencies, build output and media, for example by a .gitignore file.',
  });
}

/** 422: not an archive that we can read. */
export function unreadable(detail: string, cause?: unknown): ContainrError {
  return new ContainrError({
    code: 'UPLOAD_UNREADABLE',
    status: 422,
    detail,
    hint: 'Send a tar, tar.gz or zip archive.',
    cause,
  });
}

/** 422: an archive without files. */
export function empty(): ContainrError {
  return new ContainrError({
    code: 'SOURCE_EMPTY',
    status: 422,
    detail: 'The archive has no files.',
    hint: 'Pack the folder of your application and send it again.',
  });
}

function printable(path: string): string {
  return path.slice(0, 200).replaceAll(/[^\x20-\x7e]/g, '?');
}

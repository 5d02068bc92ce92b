import { ContainrError } from '@containr/sdk';

/** 409: the file is there already; a backup never replaces one. */
export function fileExists(file: string): ContainrError {
  return new ContainrError({
    code: 'BACKUP_EXISTS',
    status: 409,
    detail: `${file} exists already, and a backup never replaces a file.`,
    hint: 'Choose another name, or move the old one away.',
  });
}

/** 400: the key ring would lie in the file for everyone to read. */
export function needsPassphrase(): ContainrError {
  return new ContainrError({
    code: 'BACKUP_UNENCRYPTED',
    status: 400,
    detail: 'A backup holds the key ring, which opens every secret, and no passphrase was given.',
    hint: 'Give one with --passphrase-file or CONTAINR_BACKUP_PASSPHRASE, or say --unencrypted.',
  });
}

/** 404: there is no install, or one whose database is not ours to copy. */
export function noEmbeddedDatabase(data: string): ContainrError {
  return new ContainrError({
    code: 'BACKUP_NO_DATABASE',
    status: 404,
    detail: `${data} holds no embedded database, so there is no install here, or its database is the one that DATABASE_URL names.`,
    hint: 'Name the data folder with --data. A database of your own is saved with its own tools (pg_dump), the data folder by copying it.',
  });
}

/** 403: the database's files belong to another user. */
export function notAllowed(path: string, cause: unknown): ContainrError {
  return new ContainrError({
    code: 'BACKUP_FORBIDDEN',
    status: 403,
    detail: `${path} can't be read as this user.`,
    hint: 'Run this as the user that runs Containr.',
    cause,
  });
}

/** 422: it does not open with this passphrase. */
export function wrongPassphrase(): ContainrError {
  return new ContainrError({
    code: 'BACKUP_PASSPHRASE',
    status: 422,
    detail: 'The backup does not open with this passphrase.',
    hint: 'Give the passphrase or key file that it was made with.',
  });
}

/** 422: it ends before its end. */
export function truncated(cause?: unknown): ContainrError {
  return new ContainrError({
    code: 'BACKUP_TRUNCATED',
    status: 422,
    detail: 'The backup ends too early: a part of the file is missing.',
    hint: 'Copy the file again from where it was made; nothing was written.',
    cause,
  });
}

/** 422: it is not what was written. */
export function damaged(what: string, cause?: unknown): ContainrError {
  return new ContainrError({
    code: 'BACKUP_DAMAGED',
    status: 422,
    detail: `The backup was changed after it was made: ${what}.`,
    hint: 'Use another copy of it; nothing was written.',
    cause,
  });
}

/** 409: made by a Containr that is newer than this one. */
export function newer(version: string, own: string): ContainrError {
  return new ContainrError({
    code: 'BACKUP_NEWER',
    status: 409,
    detail: `The backup was made by Containr ${version}, and this is ${own}.`,
    hint: `Restore it with Containr ${version} or newer.`,
  });
}

/** 409: something is in the folder. */
export function folderInUse(data: string): ContainrError {
  return new ContainrError({
    code: 'RESTORE_NOT_EMPTY',
    status: 409,
    detail: `${data} is not empty, and a restore never mixes with what is there.`,
    hint: 'Name a new or empty folder with --data.',
  });
}

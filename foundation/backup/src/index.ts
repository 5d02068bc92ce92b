export { isSealed, verifyArchive } from './archive-reader.ts';
export { createBackup } from './create-backup.ts';
export type { BackupOptions } from './create-backup.ts';
export type { About } from './manifest.ts';
export { restoreBackup } from './restore-backup.ts';
export type { RestoreOptions } from './restore-backup.ts';

export { openDatabase, openPool } from './database.ts';
export type { Database, DatabaseOptions } from './database.ts';
export { migrateKernel } from './kernel-schema.ts';
export { tryLock, withLock } from './lock.ts';
export { migrate } from './migrations.ts';
export { openPluginStore } from './plugin-store.ts';
export type { PluginStoreOptions } from './plugin-store.ts';
export { asStoreError, isUniqueViolation } from './store-error.ts';

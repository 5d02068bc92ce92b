export { MemoryDatabase } from './memory-database.ts';
export type { JobRow, OutboxRow, Row } from './memory-database.ts';
export { MemoryJobs } from './memory-jobs.ts';
export { memoryStore } from './memory-store.ts';
export type { StoreUser } from './memory-store.ts';
export { inLife, simulateTimers } from './timers.ts';
export { World } from './world.ts';
export type { Life } from './world.ts';

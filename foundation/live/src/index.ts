export { openLive } from './live.ts';
export type { SharedLive } from './live.ts';

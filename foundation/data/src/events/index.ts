export { createEvents } from './events.ts';
export type { Events, StreamRequest } from './events.ts';

export * from './api-error.ts';
export * from './client.ts';
export type { ServerEvent } from './server-sent-events.ts';

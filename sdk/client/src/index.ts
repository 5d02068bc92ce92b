export * from './api-error.ts';
export * from './client.ts';
export type { ServerEvent } from './server-sent-events.ts';
export type { AnswerOf, CallOptions, ItemOf, ListPath, PathOf } from './operations.ts';

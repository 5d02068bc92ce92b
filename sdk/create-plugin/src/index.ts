export { createPlugin } from './create-plugin.ts';
export type { Wishes } from './create-plugin.ts';
export type { Kind } from './kinds.ts';
export { main } from './main.ts';

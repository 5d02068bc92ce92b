export { createPlugin } from './create-plugin.ts';
export type { Wishes } from './create-plugin.ts';
export { main } from './main.ts';

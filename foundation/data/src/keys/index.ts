export { keysChannel, openKeys } from './keys.ts';
export type { Keys, KeyUse } from './keys.ts';
export { registerKeyRoutes } from './routes.ts';

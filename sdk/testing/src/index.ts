export type { TestAgent } from './agent-process.ts';
export { ask } from './answer.ts';
export type { Answer, Ask } from './answer.ts';
export { testDatabase } from './database.ts';
export { packPlugin } from './pack-plugin.ts';
export type { TestDatabase } from './database.ts';
export { startTestPlatform, until } from './platform.ts';
export type { TestPlatform, TestPlatformOptions } from './platform.ts';

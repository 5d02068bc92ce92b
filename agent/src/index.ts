export { startAgent } from './agent.ts';
export type { Agent } from './agent.ts';
export { readOptions } from './options.ts';
export type { AgentOptions } from './options.ts';

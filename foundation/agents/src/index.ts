export { bearerPrefix } from './bearers.ts';
export { createAgentGateway } from './gateway.ts';
export type { AgentGateway, AgentGatewayOptions } from './gateway.ts';
export type { HalfFiles } from './halves.ts';
export { agentChannel, relaySecrets } from './relay.ts';
export { agentMigrations } from './schema.ts';

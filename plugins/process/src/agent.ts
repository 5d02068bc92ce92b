import { defineAgentPlugin, serveRuntime } from '@containr/sdk/agent';
import { ProcessRuntime } from './process-runtime.ts';

export default defineAgentPlugin({
  async setup(agent) {
    serveRuntime(agent, await ProcessRuntime.open(agent));
  },
});

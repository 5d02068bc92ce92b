import { defineAgentPlugin } from '@containr/sdk/agent';
import { serveIngress } from '@containr/sdk/ingress';

export default defineAgentPlugin({
  setup: (agent) => serveIngress(agent, { driver: 'builtin', program: 'router' }),
});

import { defineAgentPlugin } from '@containr/sdk/agent';
import { probe } from './health/probe.ts';
import { HealthProbe } from './health/probe-capability.ts';

export default defineAgentPlugin({
  setup(agent) {
    agent.capability(HealthProbe, (order, { signal }) => probe(order, signal));
  },
});

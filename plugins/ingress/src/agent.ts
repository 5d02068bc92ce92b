import { defineAgentPlugin } from '@containr/sdk/agent';
import { askInFlight, putTable } from './agent/control-client.ts';
import { keepRouter } from './agent/keeper.ts';
import { IngressApply, IngressInFlight } from './capabilities.ts';

export default defineAgentPlugin({
  async setup(agent) {
    const keeper = await keepRouter(agent);
    agent.capability(IngressApply, async ({ table, port, host }) => {
      const { note } = await keeper.ensure({ port, host });
      const { applied, revision } = await putTable(keeper.socket, table);
      return { applied, revision, note };
    });
    agent.capability(IngressInFlight, async () => ({ inFlight: await askInFlight(keeper.socket) }));
  },
});

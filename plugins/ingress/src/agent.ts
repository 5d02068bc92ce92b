import { isContainrError } from '@containr/sdk';
import { defineAgentPlugin } from '@containr/sdk/agent';
import { askHealth, askInFlight, putCertificates, putTable } from './agent/control-client.ts';
import { keepRouter } from './agent/keeper.ts';
import { IngressApply, IngressCertify, IngressInFlight } from './capabilities.ts';

export default defineAgentPlugin({
  async setup(agent) {
    const keeper = await keepRouter(agent);
    agent.capability(IngressApply, async ({ table, port, host }) => {
      const { health, note } = await keeper.ensure({ port, host });
      const handed = await putTable(keeper.socket, table).catch(async (error: unknown) => {
        // One that an earlier version started may not know what a table says by now.
        if (!isContainrError(error) || error.code !== 'INGRESS_REFUSED' || keeper.isCurrent(health)) throw error;
        await keeper.renew({ port, host });
        return putTable(keeper.socket, table);
      });
      return { ...handed, note: note ?? (await askHealth(keeper.socket))?.note ?? null };
    });
    agent.capability(IngressCertify, async ({ set, port, host }) => {
      const { health } = await keeper.ensure({ port, host });
      if (health.certificates === undefined) await keeper.renew({ port, host });
      return putCertificates(keeper.socket, set);
    });
    agent.capability(IngressInFlight, async () => ({ inFlight: await askInFlight(keeper.socket) }));
  },
});

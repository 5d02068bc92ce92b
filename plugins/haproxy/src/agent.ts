import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentContext } from '@containr/sdk/agent';
import { defineAgentPlugin } from '@containr/sdk/agent';
import { serveIngress } from '@containr/sdk/ingress';
import { findEngine } from './carrier/engine.ts';
import { EngineLook } from './engine-look.ts';

const lookEveryMs = 30_000;

export default defineAgentPlugin({
  async setup(agent) {
    const found = await findEngine();
    if (typeof found === 'string')
      agent.log.info({ reason: found }, 'HAProxy can not be used here; looking every 30 seconds');
    else agent.log.info({ ...found }, 'HAProxy can be used here');
    agent.capability(EngineLook, async () => {
      const now = await findEngine();
      return typeof now === 'string' ? { version: null, reason: now } : { version: now.version, reason: null };
    });
    const ready = typeof found === 'string' ? { able: untilFound(agent) } : {};
    await serveIngress(agent, { driver: 'haproxy', program: 'carrier', ...ready });
  },
});

/** Resolves when somebody installed one. */
async function untilFound(agent: AgentContext): Promise<void> {
  while (typeof (await findEngine()) === 'string')
    await sleep(lookEveryMs, undefined, { signal: agent.signal, ref: false });
  agent.log.info({}, 'HAProxy can be used here from now on');
}

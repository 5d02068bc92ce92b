import { setTimeout as sleep } from 'node:timers/promises';
import { Scope } from '@containr/sdk';
import type { AgentContext } from '@containr/sdk/agent';
import { defineAgentPlugin, serveRuntime } from '@containr/sdk/agent';
import type { EngineAddress } from './engine-address.ts';
import { engineAddress, engineAnswers } from './engine-address.ts';

const lookEveryMs = 5000;
const patience = 2;

export default defineAgentPlugin({
  async setup(agent) {
    const address = engineAddress(process.env['DOCKER_HOST']);
    let serving = await serve(agent, address);
    if (!serving) agent.log.info({}, 'No Docker engine answers; looking every five seconds');
    void keepLooking(agent, address, serving, (next) => (serving = next));
    agent.own('docker runtime', async () => {
      await serving?.dispose();
    });
  },
});

// Served only while an engine answers: a node without one is not offered for containers, and what runs there is unknown.
async function keepLooking(
  agent: AgentContext,
  address: EngineAddress,
  first: Scope | null,
  remember: (serving: Scope | null) => void,
): Promise<void> {
  let serving = first;
  let missed = 0;
  while (!agent.signal.aborted) {
    await sleep(lookEveryMs, undefined, { signal: agent.signal, ref: false }).catch(() => undefined);
    if (agent.signal.aborted) return;
    missed = (await engineAnswers(address)) ? 0 : missed + 1;
    if (!serving && missed === 0) {
      serving = await serve(agent, address);
      remember(serving);
    } else if (serving && missed >= patience) {
      agent.log.warn({}, 'The Docker engine does not answer any more');
      await serving.dispose();
      serving = null;
      remember(null);
    }
  }
}

async function serve(agent: AgentContext, address: EngineAddress): Promise<Scope | null> {
  if (!(await engineAnswers(address))) return null;
  const scope = new Scope('docker runtime');
  try {
    // Loaded only where there is an engine: its libraries are a good part of an agent's memory.
    const [{ DockerRuntime }, { Engine }] = await Promise.all([import('./docker-runtime.ts'), import('./engine.ts')]);
    const runtime = await DockerRuntime.open(agent, new Engine(address));
    serveRuntime(withScope(agent, scope), runtime);
    return scope;
  } catch (error) {
    agent.log.error({ err: error }, 'The docker runtime could not be set up; tried again');
    await scope.dispose();
    return null;
  }
}

/** The agent, with a scope of its own for what is registered. */
function withScope(agent: AgentContext, scope: Scope): AgentContext {
  const signal = AbortSignal.any([agent.signal, scope.signal]);
  return {
    plugin: agent.plugin,
    node: agent.node,
    install: agent.install,
    log: agent.log,
    exec: (argv, options) => agent.exec(argv, options),
    directory: agent.directory,
    signal,
    program: (name) => agent.program(name),
    capability(capability, handler) {
      const owned = agent.capability(capability, handler);
      return scope.own(owned.label, () => owned.dispose());
    },
    report: (report, payload, options = {}) =>
      agent.report(report, payload, { signal: options.signal ? AbortSignal.any([signal, options.signal]) : signal }),
    onConnect(handler) {
      const owned = agent.onConnect(handler);
      return scope.own(owned.label, () => owned.dispose());
    },
    fetch: (path, ending) => agent.fetch(path, ending),
    sendFile: (path, file, ending) => agent.sendFile(path, file, ending),
    fetchFile: (path, file, ending) => agent.fetchFile(path, file, ending),
    own: (text, undo) => scope.own(text, undo),
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { Scope } from '@containr/sdk';
import type { AgentContext } from '@containr/sdk/agent';
import { defineAgentPlugin, serveRuntime } from '@containr/sdk/agent';
import { DockerRuntime } from './docker-runtime.ts';
import { Engine, engineAddress } from './engine.ts';

const lookEveryMs = 5000;
const patience = 2;

export default defineAgentPlugin({
  async setup(agent) {
    const engine = new Engine(engineAddress(process.env['DOCKER_HOST']));
    let serving = await serve(agent, engine);
    if (!serving) agent.log.info({}, 'No Docker engine answers; looking every five seconds');
    void keepLooking(agent, engine, serving, (next) => (serving = next));
    agent.own('docker runtime', async () => {
      await serving?.dispose();
    });
  },
});

// Served only while an engine answers: a node without one is not offered for containers, and what runs there is unknown.
async function keepLooking(agent: AgentContext, engine: Engine, first: Scope | null, remember: (serving: Scope | null) => void): Promise<void> {
  let serving = first;
  let missed = 0;
  while (!agent.signal.aborted) {
    await sleep(lookEveryMs, undefined, { signal: agent.signal, ref: false }).catch(() => undefined);
    if (agent.signal.aborted) return;
    missed = (await engine.answers()) ? 0 : missed + 1;
    if (!serving && missed === 0) {
      serving = await serve(agent, engine);
      remember(serving);
    } else if (serving && missed >= patience) {
      agent.log.warn({}, 'The Docker engine does not answer any more');
      await serving.dispose();
      serving = null;
      remember(null);
    }
  }
}

async function serve(agent: AgentContext, engine: Engine): Promise<Scope | null> {
  if (!(await engine.answers())) return null;
  const scope = new Scope('docker runtime');
  try {
    const runtime = await DockerRuntime.open(agent, engine);
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
    report: (report, payload, options = {}) => agent.report(report, payload, { signal: options.signal ? AbortSignal.any([signal, options.signal]) : signal }),
    onConnect(handler) {
      const owned = agent.onConnect(handler);
      return scope.own(owned.label, () => owned.dispose());
    },
    fetch: (path, ending) => agent.fetch(path, ending),
    own: (text, undo) => scope.own(text, undo),
  };
}

import { ContainrError } from '../errors.ts';
import type { Runtime } from '../contracts/runtime.ts';
import { runtimeCapabilities } from '../contracts/runtime.ts';
import { exportArtifact, importArtifact } from './carry-artifact.ts';
import { checkByCommand } from './check-by-command.ts';
import { Fences } from './fences.ts';
import type { AgentContext } from './index.ts';
import { runInTime } from './run-in-time.ts';
import { Replicas } from './replicas.ts';

function inUse(reference: string): ContainrError {
  return new ContainrError({
    code: 'CONFLICT_IN_USE',
    status: 409,
    detail: `The artifact ${reference} is used by a replica or a command on this node.`,
    hint: 'Stop the replicas that run it first.',
  });
}

/** Serves a runtime on its node: registers its capabilities, reports its replicas and ships what they write. */
export function serveRuntime(agent: AgentContext, runtime: Runtime): void {
  const can = runtimeCapabilities(runtime.driver);
  const fences = new Fences(agent.directory);
  const replicas = new Replicas(agent, runtime);
  /** Deployments whose artifact a one-off command runs in now; these end with their agent. */
  const commands: string[] = [];

  agent.capability(can.build, (request, io) => runtime.build(request, io));
  agent.capability(can.run, async (request, io) => {
    commands.push(request.deployment);
    try {
      return await runInTime(runtime, request, io);
    } finally {
      commands.splice(commands.indexOf(request.deployment), 1);
    }
  });
  agent.capability(can.check, (order, io) => checkByCommand(runtime, order, io.signal));
  agent.capability(can.start, async (spec) => {
    fences.pass(spec.service, spec.epoch);
    const state = await runtime.start(spec);
    replicas.poke();
    return state;
  });
  agent.capability(can.stop, async (request) => {
    await runtime.stop(request);
    replicas.poke();
    return {};
  });
  agent.capability(can.list, async () => ({ replicas: [...(await runtime.list())] }));
  agent.capability(can.listeners, async ({ replica }) => ({ listeners: [...(await runtime.listeners(replica))] }));
  agent.capability(can.exists, async ({ artifact }) => ({ exists: await runtime.exists(artifact) }));
  agent.capability(can.pack, (order, io) => exportArtifact(agent, runtime, order, io));
  agent.capability(can.unpack, async (order, io) => {
    await importArtifact(agent, runtime, order, io);
    return {};
  });
  agent.capability(can.remove, async ({ artifact, deployments }) => {
    const users = [...commands, ...(await runtime.list()).map((replica) => replica.deployment)];
    if (users.some((one) => deployments.includes(one))) throw inUse(artifact.reference);
    await runtime.removeArtifact(artifact);
    return {};
  });
  agent.onConnect(() => replicas.sendInventory());
  void replicas.watch();
  void replicas.keepInventory();
}

import { ContainrError } from '@containr/sdk';
import type { Artifact } from '@containr/sdk/contracts';
import { causes } from '../causes.ts';
import { artifactOf } from '../engine/findings.ts';
import type { Deployment } from '../entities/deployment.ts';
import { Deployment as Deployments } from '../entities/deployment.ts';
import { note } from '../engine/notes.ts';
import { atHome } from '../engine/whereabouts.ts';
import { buildVariables } from '../engine/variables.ts';
import type { Road } from '../engine/road.ts';
import { storeOf } from '../engine/road.ts';
import { pursue } from '../engine/tasks.ts';
import { chooseBuildNode } from '../placement/choose-build-node.ts';
import { requireRoomForArtifact } from '../queue/quota.ts';
import { driver } from '../replicas/drivers.ts';
import { fallsBack } from './offline-fallback.ts';
import { sameBuild } from './same-build.ts';
import { missing } from '../snapshots/store.ts';
import type { PhaseWork, Step } from './phase-work.ts';
import { readableBytes } from './readable-bytes.ts';

/** Turns the plan into an artifact on a node, or finds the one that an equal build left there. */
export const build: PhaseWork = {
  timeoutMs: (road) => road.ctx.settings.current.buildTimeoutMs,
  async needs(road, { deployment, tasks }) {
    const built = tasks.some((task) => task.phase === 'build');
    if (built || deployment.source.kind === 'image' || deployment.promotedFrom !== null) return null;
    if (await reusable(road, deployment)) return null;
    await requireRoomForArtifact(road, deployment.organisation);
    const last = (await latestOf(road, deployment))?.artifact?.node ?? null;
    return {
      kind: 'build',
      node: chooseBuildNode(await road.ctx.agents.nodes(), deployment.runtime ?? 'process', last),
    };
  },
  async run(road, { deployment, tasks }) {
    const nodes = await road.ctx.agents.nodes();
    const offline = fallsBack(road.ctx.settings.current.runtime, deployment, tasks, nodes);
    const runtime = offline ? 'process' : (deployment.runtime ?? 'process');
    if (deployment.source.kind === 'image')
      return { kind: 'done', skipped: true, findings: { artifact: imageArtifact(deployment) } };
    if (deployment.promotedFrom !== null) return promoted(road, deployment);
    const subject = offline ? 'process' : null;
    const running = tasks.filter((task) => task.subject === subject).at(-1);
    if (offline)
      await note(road, deployment, 'build', 'offline', [
        'The base image is not to be had from here, so this builds and runs as a process instead of a container.',
      ]);
    if (tasks.length === 0) {
      const found = await reusable(road, deployment);
      if (found)
        return {
          kind: 'done',
          skipped: true,
          message: `Nothing changed since #${found.number}: its artifact is used.`,
          findings: { artifact: found.artifact },
        };
    }
    const node =
      running?.node ??
      chooseBuildNode(
        nodes,
        runtime,
        deployment.slotNode ?? (await latestOf(road, deployment))?.artifact?.node ?? null,
      );
    const capability = driver(runtime).build;
    const progress = await pursue(road, deployment, tasks, {
      node,
      capability,
      phase: 'build',
      subject,
      input: () => buildRequest(road, deployment),
    });
    if (progress.state === 'running') return { kind: 'wait' };
    // Whatever the agent says: the artifact is on the node that built it.
    const artifact: Artifact = { ...progress.output, node, runtime };
    return {
      kind: 'done',
      message: `${artifact.kind} of ${readableBytes(artifact.sizeBytes)}`,
      findings: { artifact, runtime },
    };
  },
};

async function buildRequest(road: Road, deployment: Deployment) {
  const { treeHash } = deployment.source;
  if (treeHash === null || deployment.plan === null || !(await road.snapshots.exists(treeHash))) throw missing();
  return {
    snapshot: `/api/v1/uploads/snapshots/${treeHash}`,
    treeHash,
    rootDirectory: deployment.spec.source.rootDirectory,
    plan: deployment.plan,
    name: `${deployment.name}-${deployment.number}`,
    cacheKey: `service-${deployment.service}`,
    variables: await buildVariables(road, deployment),
    labels: {
      'containr.service': deployment.service,
      'containr.deployment': deployment.id,
      'containr.install': road.ctx.install.id,
    },
  };
}

/** The artifact that was promoted, and no other, on whichever node has it. Throws `ARTIFACT_GONE`, or that its own node can't be asked. */
async function promoted(road: Road, deployment: Deployment): Promise<Step> {
  const given = artifactOf(deployment);
  const artifact = (await atHome(road, given)) ?? given;
  const { exists } = await road.ctx.agents.call(artifact.node, driver(artifact.runtime).exists, { artifact });
  if (!exists)
    throw new ContainrError({
      code: 'ARTIFACT_GONE',
      status: 409,
      detail: causes.ARTIFACT_GONE.detail,
      hint: causes.ARTIFACT_GONE.hint,
    });
  return {
    kind: 'done',
    skipped: true,
    message: 'The artifact that was promoted is used as it is.',
    findings: { artifact },
  };
}

/** An artifact of an equal build of this service that some node still has. */
async function reusable(road: Road, deployment: Deployment): Promise<{ number: number; artifact: Artifact } | null> {
  if (deployment.rebuild) return null;
  const earlier = deployment.artifact ? [deployment] : await withArtifact(road, deployment);
  for (const one of earlier) {
    if (one.artifact === null || !sameBuild(one, deployment)) continue;
    const artifact = await atHome(road, one.artifact);
    if (artifact) return { number: one.number, artifact };
  }
  return null;
}

async function withArtifact(road: Road, deployment: Deployment): Promise<readonly Deployment[]> {
  return storeOf(road, deployment.organisation).transaction((unit) =>
    unit.em.find(
      Deployments,
      {
        service: deployment.service,
        artifact: { $ne: null },
        artifactRemovedAt: null,
        promotedFrom: null,
        number: { $lt: deployment.number },
      },
      { orderBy: { number: 'desc' }, limit: 5 },
    ),
  );
}

async function latestOf(road: Road, deployment: Deployment): Promise<Deployment | null> {
  return (await withArtifact(road, deployment))[0] ?? null;
}

function imageArtifact(deployment: Deployment): Artifact {
  const { image } = deployment.spec.source;
  if (image === null)
    throw new ContainrError({
      code: 'SOURCE_EMPTY',
      status: 409,
      detail: 'The service is to run an image, and none is named.',
      hint: 'Name the image in the service settings.',
    });
  return {
    kind: 'image',
    id: image,
    reference: image,
    runtime: 'docker',
    node: '',
    sizeBytes: 0,
    command: null,
    port: null,
  };
}

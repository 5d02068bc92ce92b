import type { MemoryDatabase } from '@containr/testing/simulation';
import { Deployment } from '../../src/entities/deployment.ts';
import { Replica } from '../../src/entities/replica.ts';
import { Task } from '../../src/entities/task.ts';
import { isOpen, isTerminal, mayFollow } from '../../src/machine.ts';
import type { DeploymentStatus } from '../../src/contract.ts';
import type { Behaviour } from './behaviour.ts';
import { isSound } from './behaviour.ts';
import type { SimulatedIngress } from './ingress.ts';
import type { SimulatedNode } from './node.ts';
import type { SimulatedService } from './projects.ts';

/** What is looked at. */
export interface Watched {
  readonly database: MemoryDatabase;
  readonly nodes: readonly SimulatedNode[];
  readonly ingress: SimulatedIngress;
  readonly services: readonly SimulatedService[];
  readonly behaviours: ReadonlyMap<string, Behaviour>;
  readonly buildsPerNode: number;
}

/** Looks at a world after each happening, and once more when it has come to rest. Each method throws what is not as it must be. */
export class Invariants {
  readonly #watched: Watched;
  readonly #seen = new Map<string, DeploymentStatus>();

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** What holds at every moment. */
  always(): void {
    const deployments = this.#watched.database.rows(Deployment);
    for (const { id, number, status, cause } of deployments) {
      const before = this.#seen.get(id);
      if (before !== undefined && before !== status && !reaches(before, status))
        throw new Error(`#${number} went from ${before} to ${status}.`);
      this.#seen.set(id, status);
      if (cause?.code === 'INTERNAL') throw new Error(`#${number} failed by a fault of the platform: ${cause.detail}`);
    }
    const building = deployments.filter((one) => one.status === 'running' && one.slot === 'build');
    for (const [node, here] of Map.groupBy(building, (one) => one.slotNode))
      if (here.length > this.#watched.buildsPerNode)
        throw new Error(`${here.length} builds have a slot on ${node ?? 'no node'}.`);
    for (const service of this.#watched.services) {
      const own = deployments.filter((one) => one.service === service.id);
      const running = own.filter((one) => one.status === 'running');
      if (running.length > 1)
        throw new Error(`Two deployments are in the lane: ${running.map((one) => one.number).join()}.`);
      if (service.kind === 'web') this.#visitorsAreServed(service, own);
    }
  }

  /** What holds when nothing goes wrong any more and everything had its time. */
  atRest(): void {
    const { database, nodes, ingress, services } = this.#watched;
    const deployments = database.rows(Deployment);
    const replicas = database.rows(Replica);
    const open = deployments.filter((one) => isOpen(one.status));
    if (open.length > 0)
      throw new Error(`Left open: ${open.map((one) => `#${one.number} ${one.status} ${one.phase ?? ''}`).join(', ')}.`);
    const tasks = database.rows(Task).filter((one) => one.outcome === null);
    if (tasks.length > 0) throw new Error(`Tasks without an end: ${tasks.map((one) => one.id).join(', ')}.`);
    for (const service of services) {
      const own = deployments.filter((one) => one.service === service.id);
      const live = own.filter((one) => one.status === 'live');
      if (live.length > 1) throw new Error(`Several are live: ${live.map((one) => one.number).join()}.`);
      const [serving] = live;
      this.#newestSoundOneIsLive(own, serving);
      const wanted = new Set(
        replicas
          .filter((one) => one.deployment === serving?.id && one.desired === 'running' && one.role === 'serving')
          .map((one) => one.id),
      );
      const there = nodes.flatMap((node) => node.runtime.list()).filter((one) => one.service === service.id);
      const orphans = there.filter((one) => !wanted.has(one.replica));
      if (orphans.length > 0)
        throw new Error(
          `Replicas that nobody wants: ${orphans.map((one) => `${one.replica} of ${one.deployment}`).join(', ')}.`,
        );
      // A program that goes on crashing is always on its way back.
      if (!serving || !isSound(behaviourOf(this.#watched.behaviours, serving))) continue;
      if (wanted.size !== serving.spec.replicas)
        throw new Error(`#${serving.number} wants ${serving.spec.replicas} replicas and has ${wanted.size}.`);
      if (service.kind !== 'web') continue;
      const route = ingress.routes.get(service.id);
      const routed = new Set(route?.upstreams.map((one) => one.replica));
      if (
        route?.deployment !== serving.id ||
        routed.size !== wanted.size ||
        [...wanted].some((one) => !routed.has(one))
      )
        throw new Error(
          `#${serving.number} is live, and the routes go to ${route?.deployment ?? 'nothing'} (${routed.size} of ${wanted.size}).`,
        );
    }
  }

  /** A sound version that took over answers without a gap, until another one has taken over. */
  #visitorsAreServed(service: SimulatedService, own: readonly Deployment[]): void {
    const { ingress, nodes, behaviours } = this.#watched;
    const route = ingress.routes.get(service.id);
    if (!route || route.deployment === null) {
      const live = own.find((one) => one.status === 'live' && isSound(behaviourOf(behaviours, one)));
      if (live) throw new Error(`#${live.number} is live, and no request comes to it.`);
      return;
    }
    const routed = own.find((one) => one.id === route.deployment);
    if (!routed || !isSound(behaviourOf(behaviours, routed))) return;
    const answering = route.upstreams.filter((one) =>
      nodes.find((node) => node.id === one.node)?.runtime.answers(one.replica),
    );
    if (answering.length === 0 && routed.spec.replicas > 0)
      throw new Error(
        `Requests go to #${routed.number} (${routed.status}), and none of its ${route.upstreams.length} upstreams answers.`,
      );
  }

  #newestSoundOneIsLive(own: readonly Deployment[], serving: Deployment | undefined): void {
    const { behaviours } = this.#watched;
    const judged = own.filter((one) => one.status !== 'superseded' && one.status !== 'cancelled');
    const newest = judged.filter((one) => isSound(behaviourOf(behaviours, one))).sort((a, b) => b.number - a.number)[0];
    if (newest && newest.status === 'failed' && timely(newest)) return;
    if (newest && serving !== undefined && serving.number < newest.number && newest.status !== 'retired')
      throw new Error(
        `#${newest.number} is sound and ${newest.status} (${newest.cause?.detail ?? ''}), and #${serving.number} is live.`,
      );
    if (newest && serving === undefined && !isTerminal(newest.status))
      throw new Error(`#${newest.number} is sound and ${newest.status}, and nothing is live.`);
    if (
      serving &&
      !isSound(behaviourOf(behaviours, serving)) &&
      !mayServe(behaviourOf(behaviours, serving), serving.serviceKind)
    )
      throw new Error(`#${serving.number} is live, and it is ${JSON.stringify(behaviourOf(behaviours, serving))}.`);
  }
}

/** Whether a version that is not sound may be live all the same: it crashed late, or nobody asks whether it answers. */
function mayServe(behaviour: Behaviour, kind: string): boolean {
  return (
    behaviour.build === 'ok' && (behaviour.program === 'crashes' || (kind !== 'web' && behaviour.program === 'silent'))
  );
}

/** A sound version may fail only by what is not its own fault: the moment's nodes, or lost work. */
function timely(deployment: Deployment): boolean {
  const code = deployment.cause?.code;
  return code === 'NODE_LOST' || code === 'NO_NODE_FITS' || code === 'TIMEOUT';
}

/** Whether one status leads to another over statuses that were passed between two looks. */
function reaches(
  from: DeploymentStatus,
  to: DeploymentStatus,
  between: readonly DeploymentStatus[] = ['queued', 'running', 'watching', 'live'],
): boolean {
  if (mayFollow(from, to)) return true;
  return between.some(
    (one) =>
      mayFollow(from, one) &&
      reaches(
        one,
        to,
        between.filter((other) => other !== one),
      ),
  );
}

function behaviourOf(behaviours: ReadonlyMap<string, Behaviour>, deployment: Deployment): Behaviour {
  const found = behaviours.get(deployment.source.treeHash ?? '');
  if (!found) throw new Error(`#${deployment.number} has a source that nobody made.`);
  return found;
}

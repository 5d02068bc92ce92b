import type { UnitOfWork } from '@containr/sdk';
import { Deployment } from '../entities/deployment.ts';
import { Phase } from '../entities/phase.ts';
import { Replica } from '../entities/replica.ts';
import { Task } from '../entities/task.ts';
import type { Road } from './road.ts';
import { storeOf } from './road.ts';

/** A deployment with all that belongs to it, as it was at one moment. */
export interface Loaded {
  readonly deployment: Deployment;
  readonly phases: readonly Phase[];
  readonly tasks: readonly Task[];
  readonly replicas: readonly Replica[];
}

/** Reads a deployment; `null` when there is none. */
export async function load(road: Road, organisation: string, id: string): Promise<Loaded | null> {
  return storeOf(road, organisation).transaction((unit) => loadIn(unit, organisation, id));
}

/** Reads a deployment inside a transaction; `null` when there is none. */
export async function loadIn(unit: UnitOfWork, organisation: string, id: string): Promise<Loaded | null> {
  const deployment = await unit.em.findOne(Deployment, { id, organisation });
  if (!deployment) return null;
  const phases = await unit.em.find(Phase, { deployment: id }, { orderBy: { position: 'asc' } });
  const tasks = await unit.em.find(Task, { deployment: id }, { orderBy: { attempt: 'asc' } });
  const replicas = await unit.em.find(Replica, { deployment: id }, { orderBy: { createdAt: 'asc', id: 'asc' } });
  return { deployment, phases, tasks, replicas };
}

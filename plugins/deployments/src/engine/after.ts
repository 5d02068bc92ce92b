import type { UnitOfWork } from '@containr/sdk';
import { Deployment } from '../entities/deployment.ts';
import { wake } from './wake.ts';

/** Whether a deployment may begin as far as those before it are concerned; `failed` names one that did not get there. */
export type Turn =
  | { readonly kind: 'free' }
  | { readonly kind: 'waits' }
  | { readonly kind: 'failed'; readonly before: Pick<Deployment, 'id' | 'name' | 'number' | 'status'> };

/** Looks at the deployments that one waits for; of one that was superseded, at the one that took its place. */
export async function turnOf(unit: UnitOfWork, deployment: Pick<Deployment, 'after'>): Promise<Turn> {
  let waits = false;
  for (const id of deployment.after) {
    let before = await unit.em.findOne(Deployment, { id });
    while (before?.status === 'superseded' && before.supersededBy !== null)
      before = await unit.em.findOne(Deployment, { id: before.supersededBy });
    if (!before) continue;
    if (before.status === 'failed' || before.status === 'cancelled') return { kind: 'failed', before };
    if (before.status === 'queued' || before.status === 'running') waits = true;
  }
  return waits ? { kind: 'waits' } : { kind: 'free' };
}

/** Lets those that wait for a deployment, or for one that it superseded, look again. */
export async function wakeFollowers(unit: UnitOfWork, deployment: { id: string }): Promise<void> {
  const waiting = await unit.em.find(Deployment, { status: 'queued', application: { $ne: null } });
  if (waiting.length === 0) return;
  const superseded = await unit.em.find(Deployment, { supersededBy: deployment.id }, { fields: ['id'] });
  const settled = new Set([deployment.id, ...superseded.map((row) => row.id)]);
  for (const row of waiting) if (row.after.some((id) => settled.has(id))) await wake(unit, row);
}

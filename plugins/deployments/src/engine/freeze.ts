import type { Principal } from '@containr/sdk';
import { can, conflict, ContainrError } from '@containr/sdk';
import type { Frozen } from '@containr/plugin-projects/contract';
import { Deployment } from '../entities/deployment.ts';
import type { Override } from '../contract.ts';
import { lockService } from './lock.ts';
import type { Road } from './road.ts';
import { actor, announce, storeOf } from './road.ts';
import { wake, wakeAt } from './wake.ts';

/** Whoever asks for a deployment themselves, and why it should not wait for the end of a freeze window. */
export interface Asker {
  readonly principal: Principal;
  /** `null`: they gave none. */
  readonly reason: string | null;
}

/** What is frozen, in one sentence. */
export function frozenSentence({ environment, windows, until }: Frozen): string {
  const named = windows.map((name) => `"${name}"`).join(', ');
  return `${environment} is frozen by ${named} until ${until}.`;
}

/**
 * Lets somebody's deployment through, or not: with a reason and the permission for it also while the environment is frozen. Throws
 * `CONFLICT_FROZEN` or `FORBIDDEN`.
 */
export async function passFreeze(
  road: Road,
  asker: Asker,
  order: { readonly organisation: string; readonly environment: string; readonly rollback: boolean },
): Promise<Override | null> {
  const { frozen } = await road.projects.frozen({ environment: order.environment }, actor(road, order.organisation));
  if (frozen === null || (order.rollback && frozen.rollback)) return null;
  if (asker.reason === null)
    throw conflict(
      'CONFLICT_FROZEN',
      `${frozenSentence(frozen)} Nothing is deployed there until then.`,
      'Deploy it after that, or say why it can not wait: that needs the permission freeze:override.',
    );
  requireOverride(asker.principal, frozenSentence(frozen));
  return { by: asker.principal.name, reason: asker.reason, windows: [...frozen.windows] };
}

function requireOverride(principal: Principal, because: string): void {
  if (can(principal, 'freeze:override')) return;
  throw new ContainrError({
    code: 'FORBIDDEN',
    status: 403,
    detail: `${because} To deploy all the same needs the permission freeze:override.`,
    hint: 'Ask an owner of the organisation for it.',
  });
}

/** Whether a deployment that would begin now has to wait for the end of a freeze window; it is looked at again then. */
export async function heldByFreeze(road: Road, deployment: Deployment): Promise<boolean> {
  if (deployment.override !== null) return false;
  const { organisation, environment } = deployment;
  const { frozen } = await road.projects.frozen({ environment }, actor(road, organisation));
  const holds = frozen !== null && !(deployment.rollbackOf !== null && frozen.rollback);
  if (!holds && deployment.held === null) return false;
  await storeOf(road, organisation).transaction(async (unit) => {
    await lockService(unit, deployment.service);
    const row = await unit.em.findOneOrFail(Deployment, { id: deployment.id });
    if (row.status !== 'queued') return;
    if (holds) await wakeAt(unit, row, new Date(frozen.until));
    if (JSON.stringify(row.held) === JSON.stringify(holds ? frozen : null)) return;
    row.held = holds ? frozen : null;
    announce(unit, row);
  });
  return holds;
}

/** Lets a deployment that a freeze window holds go on now. Throws `FORBIDDEN` or `CONFLICT_NOT_HELD`. */
export async function letGoOn(
  road: Road,
  id: string,
  { principal, reason }: { readonly principal: Principal; readonly reason: string },
  organisation: string,
): Promise<void> {
  await storeOf(road, organisation).transaction(async (unit) => {
    const row = await unit.em.findOneOrFail(Deployment, { id, organisation });
    await lockService(unit, row.service);
    await unit.em.refresh(row);
    const { held } = row;
    if (row.status !== 'queued' || held === null)
      throw conflict(
        'CONFLICT_NOT_HELD',
        `No freeze window holds deployment #${row.number}; it is ${row.status}.`,
        'There is nothing to override.',
      );
    requireOverride(principal, frozenSentence(held));
    row.override = { by: principal.name, reason, windows: [...held.windows] };
    row.held = null;
    announce(unit, row);
    await wake(unit, row);
  });
}

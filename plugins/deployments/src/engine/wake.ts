import type { UnitOfWork } from '@containr/sdk';
import { Advance, Repair } from './job.ts';

/** What a wake has to know of a deployment. */
export interface Sleeper {
  readonly id: string;
  readonly organisation: string;
  readonly service: string;
}

/** Goes on with a deployment when this transaction commits; many wakes are one. */
export async function wake(unit: UnitOfWork, sleeper: Sleeper): Promise<void> {
  await unit.enqueue(Advance, inputOf(sleeper), { key: `advance:${sleeper.id}`, queue: `service:${sleeper.service}` });
}

/** Goes on with a deployment at a time. Its key differs from a wake's, so that a timer never delays a wake. */
export async function wakeAt(unit: UnitOfWork, sleeper: Sleeper, at: Date): Promise<void> {
  await unit.enqueue(Advance, inputOf(sleeper), {
    key: `timer:${sleeper.id}`,
    queue: `service:${sleeper.service}`,
    runAt: at,
  });
}

/** Compares and mends a service's replicas, now or at a time. */
export async function repairSoon(
  unit: UnitOfWork,
  service: { service: string; organisation: string },
  at?: Date,
): Promise<void> {
  const input = { service: service.service, organisation: service.organisation };
  await unit.enqueue(Repair, input, {
    key: `repair${at ? '-timer' : ''}:${service.service}`,
    queue: `service:${service.service}`,
    ...(at ? { runAt: at } : {}),
  });
}

function inputOf(sleeper: Sleeper): { deployment: string; organisation: string } {
  return { deployment: sleeper.id, organisation: sleeper.organisation };
}

import type { EnqueueOptions, UnitOfWork } from '@containr/sdk';
import type { Told } from './protocol.ts';
import type { Registrations } from './registrations.ts';

/** Lets one event or job of the child go out with a unit. Throws what looking it up throws, for one that is not the child's. */
export async function tell(unit: UnitOfWork, registrations: Registrations, told: Told): Promise<void> {
  if ('emit' in told) {
    const { event, payload, topics, organisation } = told.emit;
    unit.emit({ ...registrations.event(event), topics: () => topics }, payload, organisation ?? undefined);
  } else {
    const { job, input, runAt, ...rest } = told.enqueue;
    // One at a time, whatever it asks for: the platform runs only so many at once, and others want some.
    const options: EnqueueOptions = {
      ...rest,
      queue: 'isolated',
      ...(runAt === undefined ? {} : { runAt: new Date(runAt) }),
    };
    await unit.enqueue(registrations.job(job), input, options);
  }
}

/** Checks that what is told is the child's own. */
export function checkTold(registrations: Registrations, told: Told): void {
  if ('emit' in told) registrations.event(told.emit.event);
  else registrations.job(told.enqueue.job);
}

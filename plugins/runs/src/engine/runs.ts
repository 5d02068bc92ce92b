import type { Client, Methods, PluginContext, Principal, ScopedStore, UnitOfWork } from '@containr/sdk';
import { defineJob, defineSchema, Id } from '@containr/sdk';
import type { Deployments } from '@containr/plugin-deployments/contract';
import type { Logs } from '@containr/plugin-logs/contract';
import type { Projects } from '@containr/plugin-projects/contract';
import { RunChanged } from '../contract.ts';
import type { Run } from '../entities/run.entity.ts';

type ClientOf<C extends { readonly accepts?: Methods }> = Client<NonNullable<C['accepts']>>;

/** What everything about runs works with. */
export interface Runs {
  readonly ctx: PluginContext;
  readonly projects: ClientOf<typeof Projects>;
  readonly deployments: ClientOf<typeof Deployments>;
  readonly logs: ClientOf<typeof Logs>;
}

const RunRef = defineSchema({
  type: 'object',
  properties: { run: Id, organisation: Id },
  required: ['run', 'organisation'],
  additionalProperties: false,
});

/** Goes on with a run: starts it, or ends what is to end. */
export const Advance = defineJob({ name: 'run.advance', input: RunRef, summary: 'Starts a run, or ends it' });

/** Runs act for an organisation, as this plugin. */
export function actor(runs: Runs, organisation: string): { principal: Principal } {
  return { principal: runs.ctx.principal(organisation) };
}

/** The organisation's rows. */
export function storeOf(runs: Runs, organisation: string): ScopedStore {
  return runs.ctx.store.for(runs.ctx.principal(organisation));
}

/** Goes on with a run when this transaction commits, or at a time; many wakes are one. */
export async function wake(unit: UnitOfWork, run: Run, at?: Date): Promise<void> {
  await unit.enqueue(
    Advance,
    { run: run.id, organisation: run.organisation },
    { key: `advance${at ? '-timer' : ''}:${run.id}`, queue: `service:${run.service}`, ...(at ? { runAt: at } : {}) },
  );
}

/** Tells in the transaction of a change that a run changed. */
export function announce(unit: UnitOfWork, run: Run): void {
  unit.emit(
    RunChanged,
    { run: run.id, service: run.service, project: run.project, status: run.status },
    run.organisation,
  );
}

/** The task of a run on its node, and the source of its lines: the same for ever, so that it can't be started twice. */
export function taskOf(run: string): string {
  return `run-${run}`;
}

/** Whether its node was asked to run it. */
export function isUnderWay(run: Run): boolean {
  return run.endedAt === null && run.node !== null;
}

/** Milliseconds from now. */
export function inMs(runs: Runs, ms: number): Date {
  return new Date(runs.ctx.clock.now().getTime() + ms);
}

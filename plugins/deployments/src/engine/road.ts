import type { LentSources } from '@containr/sdk/host';
import type { Client, Methods, PluginContext, Principal, ScopedStore, UnitOfWork } from '@containr/sdk';
import type { Projects, Quotas } from '@containr/plugin-projects/contract';
import type { Routes } from '@containr/plugin-ingress/contract';
import type { Logs } from '@containr/plugin-logs/contract';
import type { Deployment } from '../entities/deployment.ts';
import { DeploymentChanged } from '../contract.ts';
import type { Settings } from '../settings.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { SnapshotStore } from '../snapshots/store.ts';

type ClientOf<C extends { readonly accepts?: Methods }> = Client<NonNullable<C['accepts']>>;

/** What every step of the road works with. */
export interface Road {
  readonly ctx: PluginContext<Settings>;
  readonly snapshots: SnapshotStore;
  /** Packed artifacts on their way between nodes. */
  readonly artifacts: ArtifactStore;
  /** What builders read just now. */
  readonly sources: LentSources;
  readonly projects: ClientOf<typeof Projects>;
  readonly quotas: ClientOf<typeof Quotas>;
  readonly routes: ClientOf<typeof Routes>;
  readonly logs: ClientOf<typeof Logs>;
  /** Whether the road rests because the install is being stopped with its apps. */
  readonly rest: { suspended: boolean };
  /** Goes on beside the job that began it; errors are logged. What a crash cuts off here, the sweep does again. */
  background(what: string, work: () => Promise<void>): void;
}

/** The road acts for an organisation, as this plugin. */
export function actor(road: Road, organisation: string): { principal: Principal } {
  return { principal: road.ctx.principal(organisation) };
}

/** The organisation's rows. */
export function storeOf(road: Road, organisation: string): ScopedStore {
  return road.ctx.store.for(road.ctx.principal(organisation));
}

/** Tells in the transaction of a change that a deployment changed. */
export function announce(unit: UnitOfWork, deployment: Deployment): void {
  unit.emit(
    DeploymentChanged,
    {
      deployment: deployment.id,
      service: deployment.service,
      environment: deployment.environment,
      project: deployment.project,
      number: deployment.number,
      status: deployment.status,
      phase: deployment.phase,
    },
    deployment.organisation,
  );
}

/** The present, by the plugin's clock. */
export function now(road: Road): Date {
  return road.ctx.clock.now();
}

/** Milliseconds from now. */
export function inMs(road: Road, ms: number): Date {
  return new Date(now(road).getTime() + ms);
}

import type { Artifact, BuildPlan } from '@containr/sdk/contracts';
import type { Deployment } from '../entities/deployment.ts';
import type { Phase } from '../entities/phase.ts';
import type { Replica } from '../entities/replica.ts';
import type { Task } from '../entities/task.ts';
import type { Road } from '../engine/road.ts';
import type { Need } from '../queue/slots.ts';

/** What phases find out and later ones need. */
export interface Findings {
  readonly runtime?: string;
  readonly plan?: BuildPlan;
  readonly artifact?: Artifact;
}

/** How one run of a phase ended. `wait`: an event wakes it, or `at`, whichever comes first. */
export type Step =
  | { readonly kind: 'done'; readonly skipped?: boolean; readonly message?: string; readonly findings?: Findings }
  | { readonly kind: 'wait'; readonly at?: Date; readonly output?: Record<string, unknown> };

/** What a phase is given: everything as it was a moment ago. It may run again at any time, so it looks before it acts. */
export interface PhaseRun {
  readonly deployment: Deployment;
  readonly phase: Phase;
  /** This phase's tasks, oldest first. */
  readonly tasks: readonly Task[];
  readonly replicas: readonly Replica[];
  readonly signal: AbortSignal;
}

/** One phase of the road. */
export interface PhaseWork {
  /** Longest time from its first run to its end. */
  timeoutMs(road: Road, deployment: Deployment): number;
  /** Slot that it takes before it begins; `null`: none. It is asked before each beginning. */
  needs?(road: Road, run: Omit<PhaseRun, 'phase'>): Promise<Need | null>;
  /** A throw of a `ContainrError` with a cause code fails the deployment with it. */
  run(road: Road, run: PhaseRun): Promise<Step>;
}

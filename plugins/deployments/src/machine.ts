import type { DeploymentStatus, PhaseName } from './contract.ts';
import { phaseNames } from './contract.ts';

/** Which status may follow which; nothing follows a terminal one. */
const successors: Readonly<Record<DeploymentStatus, readonly DeploymentStatus[]>> = {
  queued: ['running', 'failed', 'cancelled', 'superseded'],
  running: ['queued', 'watching', 'failed', 'cancelled'],
  watching: ['live', 'failed', 'cancelled', 'retired'],
  live: ['retired'],
  failed: [],
  cancelled: [],
  superseded: [],
  retired: [],
};

/** What happens to a deployment. */
export type Happening =
  | 'laneFree'
  /** The phase that it is about to begin has to wait for a slot. */
  | 'held'
  | 'phaseDone'
  | 'switched'
  | 'retireDone'
  | 'newerSwitched'
  | 'newerRetired'
  | 'phaseFailed'
  | 'crashed'
  | 'cancelled'
  | 'newerRequested'
  | 'serviceDeleted';

/** Where a deployment stands. */
export interface Standing {
  readonly status: DeploymentStatus;
  readonly phase: PhaseName | null;
}

/** Whether nothing can happen to it any more. */
export function isTerminal(status: DeploymentStatus): boolean {
  return successors[status].length === 0;
}

/** Whether the road still has to do something. */
export function isOpen(status: DeploymentStatus): boolean {
  return status === 'queued' || status === 'running' || status === 'watching';
}

/** Whether a status may directly follow another. */
export function mayFollow(from: DeploymentStatus, to: DeploymentStatus): boolean {
  return successors[from].includes(to);
}

/** The phase after this one; `null` after the last. */
export function nextPhase(phase: PhaseName): PhaseName | null {
  return phaseNames[phaseNames.indexOf(phase) + 1] ?? null;
}

/** Phases that need a slot. */
const heldBefore: readonly PhaseName[] = ['build', 'place'];

const beforeSwitch = phaseNames.slice(0, phaseNames.indexOf('watch'));

/** Where a deployment stands after something happened; `null` when it can't happen there, and is to be left out. */
export function happen(at: Standing, what: Happening): Standing | null {
  switch (what) {
    case 'laneFree':
      return at.status === 'queued' ? { status: 'running', phase: at.phase ?? 'request' } : null;
    case 'held':
      return at.status === 'running' && at.phase !== null && heldBefore.includes(at.phase)
        ? { status: 'queued', phase: at.phase }
        : null;
    case 'phaseDone':
      return phaseDone(at);
    case 'switched':
      return at.status === 'running' && at.phase === 'route' ? { status: 'watching', phase: 'watch' } : null;
    case 'retireDone':
      return at.status === 'watching' && at.phase === 'retire' ? { status: 'live', phase: null } : null;
    case 'newerSwitched':
      return at.status === 'watching' ? { status: 'live', phase: null } : null;
    case 'newerRetired':
      return at.status === 'live' || at.status === 'watching' ? { status: 'retired', phase: null } : null;
    case 'phaseFailed':
      return at.status === 'queued' || at.status === 'running' ? { status: 'failed', phase: at.phase } : null;
    case 'crashed':
      return at.status === 'watching' && at.phase === 'watch' ? { status: 'failed', phase: at.phase } : null;
    case 'cancelled':
      return at.status === 'queued' || at.status === 'running' || (at.status === 'watching' && at.phase === 'watch')
        ? { status: 'cancelled', phase: at.phase }
        : null;
    case 'newerRequested':
      return at.status === 'queued' ? { status: 'superseded', phase: null } : null;
    case 'serviceDeleted':
      if (isTerminal(at.status)) return null;
      return at.status === 'live' || at.status === 'watching'
        ? { status: 'retired', phase: null }
        : { status: 'cancelled', phase: at.phase };
  }
}

function phaseDone(at: Standing): Standing | null {
  if (at.phase === null) return null;
  if (at.status === 'running' && at.phase !== 'route' && beforeSwitch.includes(at.phase))
    return { status: 'running', phase: nextPhase(at.phase) };
  if (at.status === 'watching' && at.phase === 'watch') return { status: 'watching', phase: 'retire' };
  return null;
}

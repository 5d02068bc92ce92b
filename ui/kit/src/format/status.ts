import type { StatusName } from '../icons/index.ts';
import { isStatusName } from '../icons/index.ts';

/** A state as it is shown: shape and word. */
export interface ShownStatus {
  readonly name: StatusName;
  readonly word: string;
}

const services: Readonly<Record<string, ShownStatus>> = {
  live: { name: 'live', word: 'Live' },
  deploying: { name: 'running', word: 'Deploying' },
  failed: { name: 'failed', word: 'Failed' },
  stopped: { name: 'retired', word: 'Not running' },
  sleeping: { name: 'queued', word: 'Sleeping' },
};
const plugins: Readonly<Record<string, ShownStatus>> = {
  active: { name: 'live', word: 'Active' },
  starting: { name: 'running', word: 'Starting' },
  stopping: { name: 'running', word: 'Stopping' },
  waiting: { name: 'queued', word: 'Waiting' },
  failed: { name: 'failed', word: 'Failed' },
  stopped: { name: 'cancelled', word: 'Off' },
  installed: { name: 'cancelled', word: 'Off' },
};
const nodes: Readonly<Record<string, ShownStatus>> = {
  reachable: { name: 'live', word: 'Reachable' },
  unknown: { name: 'unknown', word: 'Not heard from' },
};
const placements: Readonly<Record<string, ShownStatus>> = {
  open: { name: 'live', word: 'Takes replicas' },
  cordoned: { name: 'cancelled', word: 'Takes no new replicas' },
  draining: { name: 'watching', word: 'Draining' },
};
const unknown: ShownStatus = { name: 'unknown', word: 'Unknown' };

/** How the state of a service is shown; what is not known is never shown as dead. */
export function serviceStatus(state: string): ShownStatus {
  return services[state] ?? unknown;
}

/** How the state of a plugin is shown. */
export function pluginStatus(state: string): ShownStatus {
  return plugins[state] ?? unknown;
}

/** How the state of a node is shown. */
export function nodeStatus(state: string): ShownStatus {
  return nodes[state] ?? unknown;
}

/** How it is shown whether replicas may come to a node. */
export function placementStatus(placement: string): ShownStatus {
  return placements[placement] ?? unknown;
}

/** How the status of a deployment is shown. */
export function deploymentStatus(status: string): ShownStatus {
  return isStatusName(status) ? { name: status, word: status.charAt(0).toUpperCase() + status.slice(1) } : unknown;
}

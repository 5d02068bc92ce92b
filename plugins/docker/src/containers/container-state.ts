import type { ReplicaState } from '@containr/sdk/contracts';
import type Docker from 'dockerode';
import { networkName } from './container-options.ts';
import { label } from './labels.ts';

/** What the contract says of a container. */
export function replicaState(found: Docker.ContainerInspectInfo): ReplicaState {
  const labels = found.Config.Labels;
  const { State: now } = found;
  const state =
    now.Running && !now.Restarting ? 'running' : now.Restarting || now.Status === 'created' ? 'starting' : 'exited';
  return {
    replica: labels[label.replica] ?? '',
    deployment: labels[label.deployment] ?? '',
    service: labels[label.service] ?? '',
    organisation: labels[label.organisation] ?? '',
    runtime: 'docker',
    state,
    exitCode: state === 'running' || now.Status === 'created' ? null : now.ExitCode,
    outOfMemory: now.OOMKilled,
    restarts: found.RestartCount,
    startedAt: time(now.StartedAt),
    endedAt: state === 'running' ? null : time(now.FinishedAt),
    address: found.NetworkSettings.Networks[networkName]?.IPAddress ?? '',
    port: Number(labels[label.port] ?? 0),
    isolation: 'container',
  };
}

// The engine's zero time means never; nanoseconds are more than a time stamp of ours says.
function time(text: string): string | null {
  return text === '' || text.startsWith('0001-') ? null : new Date(text).toISOString();
}

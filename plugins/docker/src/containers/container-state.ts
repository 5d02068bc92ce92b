import type { ReplicaState } from '@containr/sdk/contracts';
import type Docker from 'dockerode';
import { networkName } from '../networks/network-names.ts';
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
    ...reachedAt(found),
    isolation: 'container',
  };
}

/** At the node's own address where its port is published, else at the container's. */
function reachedAt({ Config, NetworkSettings }: Docker.ContainerInspectInfo): { address: string; port: number } {
  const port = Config.Labels[label.port] ?? '0';
  const published = NetworkSettings.Ports[`${port}/tcp`]?.[0];
  if (published) return { address: published.HostIp, port: Number(published.HostPort) };
  const network = Config.Labels[label.network] ?? networkName;
  return { address: NetworkSettings.Networks[network]?.IPAddress ?? '', port: Number(port) };
}

// The engine's zero time means never; nanoseconds are more than a time stamp of ours says.
function time(text: string): string | null {
  return text === '' || text.startsWith('0001-') ? null : new Date(text).toISOString();
}

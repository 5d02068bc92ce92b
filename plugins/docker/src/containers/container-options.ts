import { argumentsOf } from '@containr/sdk';
import type { Artifact, ReplicaSpec, RunRequest } from '@containr/sdk/contracts';
import type Docker from 'dockerode';
import { label, replicaLabels } from './labels.ts';

const processLimit = 1024;

// What images expect that start as root and give it up: own files, change user, end their children, listen below 1024.
const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETUID', 'SETGID', 'KILL', 'NET_BIND_SERVICE'];

/** Whose a replica is, and how it is reached. */
export interface Where {
  readonly install: string;
  readonly node: string;
  /** Name of its bridge network. */
  readonly network: string;
  /** Address of the node that other nodes reach: its port is published there. `null`: only this machine asks it. */
  readonly publishAt: string | null;
}

/** What an engine is told of a replica. A command takes the place of the image's own, entrypoint included. */
export function replicaOptions(where: Where, spec: ReplicaSpec): Docker.ContainerCreateOptions {
  const port = `${spec.port}/tcp`;
  return {
    name: `containr-${spec.replica}`,
    ...container(spec.artifact, spec.command, { ...spec.variables, PORT: String(spec.port) }),
    Labels: { ...replicaLabels(where.install, spec), [label.node]: where.node, [label.network]: where.network },
    StopSignal: spec.stop.signal,
    ...(where.publishAt === null ? {} : { ExposedPorts: { [port]: {} } }),
    ...(spec.network
      ? { NetworkingConfig: { EndpointsConfig: { [where.network]: { Aliases: spec.network.names } } } }
      : {}),
    HostConfig: {
      ...hostConfiguration(spec.resources, where.network),
      ...(where.publishAt === null ? {} : { PortBindings: { [port]: [{ HostIp: where.publishAt, HostPort: '' }] } }),
      RestartPolicy: restartPolicy(spec),
    },
  };
}

function restartPolicy({ restart, restartTries }: ReplicaSpec): Docker.HostRestartPolicy {
  if (restart === 'never') return { Name: 'no' };
  // The engine takes a number of tries for `on-failure` only; 0 is without end.
  return restart === 'always' ? { Name: 'always' } : { Name: 'on-failure', MaximumRetryCount: restartTries ?? 0 };
}

/** What an engine is told of a one-off command. */
export function runOptions(install: string, request: RunRequest, network: string): Docker.ContainerCreateOptions {
  return {
    name: `containr-run-${request.run}`,
    ...container(request.artifact, request.command, request.variables),
    Labels: {
      [label.install]: install,
      [label.run]: request.run,
      [label.service]: request.service,
      [label.deployment]: request.deployment,
    },
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: hostConfiguration(request.resources, network),
  };
}

function container(
  artifact: Artifact,
  command: string | readonly string[] | null,
  variables: Readonly<Record<string, string>>,
): Docker.ContainerCreateOptions {
  return {
    Image: artifact.id,
    Env: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    ...(command === null ? {} : { Entrypoint: [...argumentsOf(command)], Cmd: [] }),
  };
}

function hostConfiguration(
  resources: { readonly cpu: number; readonly memoryBytes: number },
  network: string,
): Docker.HostConfig {
  return {
    Init: true,
    Memory: resources.memoryBytes,
    // Equal: no swap, so that a limit means the same on every node.
    MemorySwap: resources.memoryBytes,
    NanoCpus: Math.round(resources.cpu * 1e9),
    PidsLimit: processLimit,
    CapDrop: ['ALL'],
    CapAdd: capabilities,
    SecurityOpt: ['no-new-privileges:true'],
    NetworkMode: network,
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
  };
}

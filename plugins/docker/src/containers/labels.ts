import type { ReplicaSpec } from '@containr/sdk/contracts';

/** Labels by which containers are known again; a replica's spec decides them for ever. */
export const label = {
  install: 'containr.install',
  service: 'containr.service',
  deployment: 'containr.deployment',
  replica: 'containr.replica',
  organisation: 'containr.organisation',
  port: 'containr.port',
  run: 'containr.run',
  node: 'containr.node',
  network: 'containr.network',
} as const;

/** Labels of a replica's container. */
export function replicaLabels(install: string, spec: ReplicaSpec): Record<string, string> {
  return {
    [label.install]: install,
    [label.service]: spec.service,
    [label.deployment]: spec.deployment,
    [label.replica]: spec.replica,
    [label.organisation]: spec.organisation,
    [label.port]: String(spec.port),
  };
}

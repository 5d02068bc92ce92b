import { runtimeCapabilities } from '@containr/sdk/contracts';

/** Runtimes that deployments can run on. */
export const driverNames = ['docker', 'process'] as const;
export type DriverName = (typeof driverNames)[number];

const capabilities = { docker: runtimeCapabilities('docker'), process: runtimeCapabilities('process') };

/** What a runtime's agent half can do. A runtime that is not known is taken for `process`'s shape by its own name. */
export function driver(name: string) {
  return name === 'docker'
    ? capabilities.docker
    : name === 'process'
      ? capabilities.process
      : runtimeCapabilities(name);
}

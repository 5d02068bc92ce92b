import { join } from 'node:path';
import type { Inspected } from '@containr/inspection';
import type { Manifest } from '@containr/sdk';
import type { Lifecycle } from './lifecycle.ts';
import type { PluginEntry } from './plugin-entry.ts';

/** Plugins that run now, as the dashboard's host and the agents' gateway want them. */
export function activeOf(lifecycle: Lifecycle | null) {
  return (lifecycle?.entries ?? [])
    .flatMap(({ running }) => (running ? [running] : []))
    .map(({ package: { name, version: its, directory, manifest, trust } }) => ({
      name,
      displayName: manifest.displayName,
      version: its,
      directory,
      manifest: trust === 'isolated' ? withoutHalves(manifest) : manifest,
    }));
}

// Browser and agent halves would run with the admin's session and with the agent's rights.
function withoutHalves({ ui: _ui, agent: _agent, ...manifest }: Manifest): Manifest {
  return manifest;
}

/** Agent halves of the plugins that run now. */
export function halvesOf(lifecycle: Lifecycle | null) {
  return activeOf(lifecycle).flatMap(({ name, version: its, directory, manifest }) => {
    if (manifest.agent === undefined) return [];
    const programs = Object.fromEntries(
      Object.entries(manifest.programs ?? {}).map(([program, file]) => [program, join(directory, String(file))]),
    );
    return [{ plugin: name, version: its, file: join(directory, manifest.agent), programs }];
  });
}

/** A plugin as an inspector looks at it. */
export function inspectedOf({ package: { name }, state, running }: PluginEntry): Inspected {
  return {
    plugin: name,
    state,
    effects: running?.scope.effects ?? [],
    noted: running?.ledger.noted ?? [],
    requests: running?.mount.inFlight ?? 0,
    units: running?.store.units ?? 0,
    memoryBytes: null,
  };
}

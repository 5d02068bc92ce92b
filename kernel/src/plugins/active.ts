import { join } from 'node:path';
import type { Inspected } from '@containr/inspection';
import { residentBytes } from '@containr/isolation';
import type { UiHost, UiPlugin } from '@containr/ui-host';
import { createUiHost } from '@containr/ui-host';
import type { Lifecycle } from './lifecycle.ts';
import type { PluginEntry } from './plugin-entry.ts';
import type { Running } from './running.ts';

/** Serves the dashboard, and of each plugin that runs its browser half: framed when it is not trusted. `null` without a dashboard. */
export function openUi(
  shellDirectory: string | undefined,
  life: () => Lifecycle | null,
  heard: (plugin: string) => readonly string[],
): UiHost | null {
  if (shellDirectory === undefined) return null;
  const framed = ({ package: { name, manifest, trust }, scope }: Running): UiPlugin['framed'] =>
    trust !== 'isolated'
      ? null
      : {
          segments: manifest.segments,
          permissions: Object.keys(manifest.permissions),
          events: [...scope.labels.flatMap((label) => /^event (.+)$/.exec(label)?.[1] ?? []), ...heard(name)],
        };
  const plugins = (): UiPlugin[] =>
    runningOf(life())
      .filter((running) => running.package.manifest.ui !== undefined)
      .map((running) => {
        const { name, version, directory, manifest } = running.package;
        return { name, displayName: manifest.displayName, version, directory, framed: framed(running) };
      });
  return createUiHost({ shellDirectory, plugins });
}

/** Agent halves of the plugins that run now; that of an isolated one may no more than `provides`, the capabilities that were granted. */
export function halvesOf(lifecycle: Lifecycle | null, provides: (plugin: string) => readonly string[]) {
  return runningOf(lifecycle).flatMap(({ package: { name, version, directory, manifest, trust } }) => {
    if (manifest.agent === undefined) return [];
    const apart = trust === 'isolated' ? { apart: { segments: manifest.segments, provides: provides(name) } } : {};
    const programs = Object.fromEntries(
      Object.entries(manifest.programs ?? {}).map(([program, file]) => [program, join(directory, String(file))]),
    );
    return [{ plugin: name, version, file: join(directory, manifest.agent), programs, ...apart }];
  });
}

function runningOf(lifecycle: Lifecycle | null): readonly Running[] {
  return (lifecycle?.entries ?? []).flatMap(({ running }) => (running ? [running] : []));
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
    memoryBytes: running && residentBytes(running.plugin),
  };
}

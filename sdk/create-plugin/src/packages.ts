import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folders = {
  buildTools: 'sdk/plugin-build',
  sdk: 'sdk/plugin',
  testing: 'sdk/testing',
  kit: 'ui/kit',
  projects: 'plugins/projects',
} as const;

/** Where a plugin gets the packages of Containr from, by the name that the template has for each. */
export type PackageSources = Readonly<Record<keyof typeof folders, string>>;

/** Folder of the clone that this generator is run from; `null` when it came from a registry. */
export function cloneFolder(): string | null {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  return existsSync(join(root, 'sdk/plugin/package.json')) ? root.replace(/\/$/, '') : null;
}

/** Versions of a registry, or the folders of a clone: what is built there is what the plugin is built with. */
export function packageSources(clone: string | null): PackageSources {
  return Object.fromEntries(
    Object.entries(folders).map(([name, folder]) => [name, clone === null ? '^0.1.0' : `file:${join(clone, folder)}`]),
  ) as Record<keyof typeof folders, string>;
}

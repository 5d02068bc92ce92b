import { ContainrError } from '@containr/sdk';
import { satisfies } from 'semver';
import type { PluginPackage } from './package.ts';

/** What a plugin needs of another. */
export interface Requirement {
  readonly plugin: string;
  readonly range: string;
  readonly optional: boolean;
}

/** The order in which plugins can start, and what is wrong with those that can't. */
export interface Resolution {
  readonly order: readonly string[];
  readonly problems: ReadonlyMap<string, ContainrError>;
}

/** What the kernel keeps for itself. */
export interface Reserved {
  readonly segments: readonly string[];
  readonly roots: readonly string[];
  readonly permissions: readonly string[];
}

/** A manifest's requirements in one form. */
export function requirementsOf(plugin: Pick<PluginPackage, 'manifest'>): readonly Requirement[] {
  return Object.entries(plugin.manifest.requires).map(([name, need]) =>
    typeof need === 'string'
      ? { plugin: name, range: need, optional: false }
      : { plugin: name, range: need.range, optional: need.optional ?? false },
  );
}

/** Checks that installed plugins fit together; pure. Each problem names both sides. */
export function resolve(packages: readonly PluginPackage[], reserved: Reserved): Resolution {
  const byName = new Map<string, PluginPackage>();
  const problems = new Map<string, ContainrError>();
  // Who came with the install keeps its names, whatever is installed beside it.
  const came = ({ trust = 'first-party' }: PluginPackage): number => (trust === 'first-party' ? 0 : 1);
  const sorted = packages.toSorted((a, b) => came(a) - came(b) || (a.name < b.name ? -1 : 1));
  for (const plugin of sorted) byName.set(plugin.name, plugin);
  for (const plugin of sorted) {
    const problem = unmet(plugin, byName);
    if (problem) problems.set(plugin.name, problem);
  }
  claims(sorted, reserved, problems);
  const order: string[] = [];
  const seen = new Set<string>();
  for (const plugin of sorted) visit(plugin, byName, [], seen, order, problems);
  return { order, problems };
}

function unmet(plugin: PluginPackage, byName: ReadonlyMap<string, PluginPackage>): ContainrError | null {
  for (const need of requirementsOf(plugin)) {
    const other = byName.get(need.plugin);
    if (!other && need.optional) continue;
    if (!other) {
      return problem(
        'PLUGIN_MISSING',
        `${plugin.name} needs the plugin ${need.plugin} (${need.range}), which is not installed.`,
        `Install ${need.plugin}, or remove ${plugin.name}.`,
      );
    }
    if (!satisfies(other.version, need.range, { includePrerelease: true })) {
      return problem(
        'PLUGIN_VERSION',
        `${plugin.name} needs ${need.plugin} ${need.range}, but ${other.version} is installed.`,
        `Install a version of ${need.plugin} that fits ${need.range}.`,
      );
    }
  }
  return null;
}

function claims(plugins: readonly PluginPackage[], reserved: Reserved, problems: Map<string, ContainrError>): void {
  const kinds = [
    ['SEGMENT_TAKEN', 'segment', reserved.segments, (plugin: PluginPackage) => plugin.manifest.segments],
    ['ROOT_TAKEN', 'root', reserved.roots, (plugin: PluginPackage) => plugin.manifest.roots ?? []],
    [
      'PERMISSION_TAKEN',
      'permission',
      reserved.permissions,
      (plugin: PluginPackage) => Object.keys(plugin.manifest.permissions),
    ],
  ] as const;
  for (const [code, what, kept, of] of kinds) {
    const owners = new Map(kept.map((name) => [name, 'the kernel']));
    for (const plugin of plugins) {
      for (const name of of(plugin)) {
        const owner = owners.get(name);
        if (owner === undefined) owners.set(name, plugin.name);
        else
          problems.set(
            plugin.name,
            problem(
              code,
              `${plugin.name} claims the ${what} "${name}", which ${owner} already has.`,
              `Rename it in ${plugin.name}, or remove one of the two.`,
            ),
          );
      }
    }
  }
}

function visit(
  plugin: PluginPackage,
  byName: ReadonlyMap<string, PluginPackage>,
  path: readonly string[],
  seen: Set<string>,
  order: string[],
  problems: Map<string, ContainrError>,
): void {
  const at = path.indexOf(plugin.name);
  if (at >= 0) {
    const cycle = [...path.slice(at), plugin.name];
    for (const name of cycle)
      problems.set(
        name,
        problem(
          'PLUGIN_CYCLE',
          `These plugins need each other in a circle: ${cycle.join(' → ')}.`,
          'Make one of these needs optional.',
        ),
      );
    return;
  }
  if (seen.has(plugin.name)) return;
  for (const need of requirementsOf(plugin)) {
    const other = byName.get(need.plugin);
    if (other && !(need.optional && path.includes(other.name)))
      visit(other, byName, [...path, plugin.name], seen, order, problems);
  }
  if (seen.has(plugin.name)) return;
  seen.add(plugin.name);
  order.push(plugin.name);
}

function problem(code: string, detail: string, hint: string): ContainrError {
  return new ContainrError({ code, status: 409, detail, hint });
}

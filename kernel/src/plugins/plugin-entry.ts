import type { ContainrError } from '@containr/sdk';
import { isContainrError } from '@containr/sdk';
import { toContainrError } from '@containr/http';
import { requirementsOf } from '@containr/packages';
import type { PluginPackage } from '@containr/packages';
import { errors } from '../errors.ts';
import type { Running } from './running.ts';

/** Where a plugin is in its life. */
export type PluginState = 'installed' | 'waiting' | 'starting' | 'active' | 'stopping' | 'stopped' | 'failed';

/** One installed plugin and where it is in its life. */
export interface PluginEntry {
  /** What is to serve; while a change fails here, what serves is still `running.package`. */
  package: PluginPackage;
  /** What is wrong with it whatever one does: it can't be enabled. */
  problem: ContainrError | null;
  state: PluginState;
  desired: boolean;
  /** The change of what is wanted that this process has made its own. */
  generation: number;
  cause: ContainrError | null;
  running: Running | null;
}

/** What a change did, or would do. */
export interface Touched {
  readonly name: string;
  readonly becomes: PluginState;
}

/** A change of what is installed. */
export interface PackageChange {
  readonly name: string;
  /** What is to serve from now on; `null` removes the plugin. */
  readonly next: PluginPackage | null;
  readonly by: string;
  /** Keeps the change; called once the new code runs, before anybody is told. */
  readonly keep: () => Promise<void>;
}

/** Names of the plugins that it can't be on without: what serves, or else what is to serve. */
export function needs({ running, package: its }: PluginEntry): readonly string[] {
  return requirementsOf(running?.package ?? its)
    .filter((need) => !need.optional)
    .map((need) => need.plugin);
}

/** Throws `CONFLICT_PLUGIN_ON` or `CONFLICT_PLUGIN_NEEDED` for a plugin that can't be removed now. */
export function refuseRemoval({ package: { name }, running, desired }: PluginEntry, all: readonly PluginEntry[]): void {
  if (running || desired) throw errors.CONFLICT_PLUGIN_ON(name);
  const needing = all.filter((entry) => needs(entry).includes(name)).map((entry) => entry.package.name);
  if (needing.length > 0) throw errors.CONFLICT_PLUGIN_NEEDED(name, needing);
}

/** The cause of a set-up that failed, as people read it. */
export function failureOf(name: string, error: unknown): ContainrError {
  if (isContainrError(error)) return error;
  return errors.CONFLICT_PLUGIN_FAILED(name, error instanceof Error ? error.message : toContainrError(error).message);
}

import semver from 'semver';
import type { RuntimeCatalogue, RuntimeEntry } from '../contract.ts';
import { planError } from './plan-error.ts';

/** What a source asks for: a range in npm's grammar, and the place that says so. */
export interface VersionRequest {
  readonly range: string;
  readonly from: string;
}

/**
 * The newest catalogue entry that a request allows; without one, the newest. Throws `PLAN_NOT_FOUND` naming what there is,
 * `BUILDER_NEEDS_ENGINE` when the version is there but not for this runtime.
 */
export function chooseVersion(
  catalogue: RuntimeCatalogue,
  tool: string,
  request: VersionRequest | null,
  runtime: string,
): { entry: RuntimeEntry; from: string } {
  const all = catalogue.runtimes[tool] ?? [];
  const fitting = fittingEntries(catalogue, tool, request);
  if (fitting.length === 0) {
    throw planError(
      'PLAN_NOT_FOUND',
      request
        ? `The source asks for ${tool} ${request.range} (${request.from}), and this install has ${versions(all) || 'none'}.`
        : `This install has no ${tool} runtime.`,
      request
        ? `Ask for a version that is there in ${request.from}, or add one to the runtime catalogue.`
        : `Add ${tool} to the runtime catalogue, or bring a Dockerfile.`,
    );
  }
  const entry = fitting.find((candidate) =>
    runtime === 'process' ? candidate.toolchain !== null : candidate.image !== null,
  );
  if (entry) return { entry, from: request?.from ?? 'the newest in the runtime catalogue' };
  throw planError(
    'BUILDER_NEEDS_ENGINE',
    `${tool} ${versions(fitting)} is not to be had as a toolchain for the ${runtime} runtime.`,
    'Install a Docker engine on a node, or add a toolchain for it to the runtime catalogue.',
  );
}

/** The newest entry of the catalogue that a request allows, for whatever runtime; `null` when there is none. */
export function fittingEntry(
  catalogue: RuntimeCatalogue,
  tool: string,
  request: VersionRequest | null,
): RuntimeEntry | null {
  return fittingEntries(catalogue, tool, request)[0] ?? null;
}

function fittingEntries(
  catalogue: RuntimeCatalogue,
  tool: string,
  request: VersionRequest | null,
): readonly RuntimeEntry[] {
  return [...(catalogue.runtimes[tool] ?? [])]
    .sort((a, b) => semver.rcompare(a.version, b.version))
    .filter((entry) => request === null || allows(request.range, entry.version));
}

function allows(range: string, version: string): boolean {
  const cleaned = range.trim().replace(/^v(?=\d)/, '');
  if (/^(lts\/.*|lts|latest|node|current|\*|stable)$/i.test(cleaned)) return true;
  return semver.validRange(cleaned) !== null && semver.satisfies(version, cleaned);
}

function versions(entries: readonly RuntimeEntry[]): string {
  return entries.map((entry) => entry.version).join(', ');
}

import { statSync } from 'node:fs';
import type { BuildPlan } from '@containr/sdk/contracts';
import { defaultCatalogue } from '../catalogue/default-catalogue.ts';
import type { RuntimeCatalogue } from '../contract.ts';
import { fittingEntry } from './choose-version.ts';
import { FolderTree } from './folder-tree.ts';
import type { Dialect, Outline } from './outline/index.ts';
import { outlineSource } from './outline/index.ts';
import { planError } from './plan-error.ts';
import { planSource } from './plan-source.ts';

/** A plan as people read it, in the words of the source's own tools. */
export interface PlanDescription extends Pick<
  BuildPlan,
  'provider' | 'runtimes' | 'install' | 'build' | 'start' | 'staticRoot' | 'variables' | 'packages' | 'caches' | 'why'
> {
  /** Runtimes that the catalogue has no image for, so that this plan can't be built by it. */
  readonly missing: readonly string[];
}

/** What a description goes by beside the folder. */
export interface DescribeOptions {
  /** Build variables; `NIXPACKS_*` and `RAILPACK_*` configure the plan. */
  readonly variables: Readonly<Record<string, string>>;
  /** Whose defaults hold where the field's planners differ; by default what the source asks for. */
  readonly dialect?: Dialect | undefined;
  readonly catalogue?: RuntimeCatalogue | undefined;
  /** Which runtime it is planned for, for their commands differ; `docker` by default. */
  readonly runtime?: 'docker' | 'process' | undefined;
}

/** Describes how a folder would be built. Throws `SOURCE_EMPTY` or `PLAN_NOT_FOUND`, each with what to do. */
export function describePlan(directory: string, options: DescribeOptions): PlanDescription {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw planError('SOURCE_EMPTY', `${directory} is no folder.`, 'Name the folder that holds the application.');
  }
  const source = new FolderTree(directory);
  const catalogue = options.catalogue ?? defaultCatalogue;
  const caddy = fittingEntry(catalogue, 'caddy', null) !== null;
  if (options.runtime === 'process') return forProcess(source, options, catalogue);
  const outline = outlineSource(source, { ...options, caddy });
  if (outline === null) {
    throw planError(
      source.list().length === 0 ? 'SOURCE_EMPTY' : 'PLAN_NOT_FOUND',
      source.list().length === 0
        ? 'The folder holds no files.'
        : 'No language, static site, Procfile or start script is recognised in this folder.',
      'Name the folder that holds the application, or add a containr.json with a start command.',
    );
  }
  const runtimes = outline.tools.map((tool) => runtimeOf(catalogue, tool));
  return {
    provider: outline.provider,
    runtimes,
    install: [...outline.install],
    build: [...outline.build],
    start: outline.start,
    staticRoot: outline.staticRoot,
    variables: { ...outline.variables },
    packages: [...outline.packages],
    caches: [...outline.caches],
    why: [...runtimes.map(({ tool, version, from }) => ({ what: `${tool} ${version}`, from })), ...outline.why],
    missing: outline.tools
      .slice(0, 1)
      .flatMap(({ tool, request }) =>
        fittingEntry(catalogue, tool, request) === null ? [`${tool}${request ? ` ${request.range}` : ''}`] : [],
      ),
  };
}

/** As it is planned for a node without a container engine. */
function forProcess(source: FolderTree, options: DescribeOptions, catalogue: RuntimeCatalogue): PlanDescription {
  const settings = { installCommand: null, buildCommand: null, startCommand: null };
  const platform = `${process.platform}-${process.arch}`;
  const { variables } = options;
  const plan = planSource(source, { catalogue, runtime: 'process', platform, variables, settings });
  return { ...plan, missing: [] };
}

/** The catalogue's version where one fits, else what the source says. */
function runtimeOf(
  catalogue: RuntimeCatalogue,
  { tool, request }: Outline['tools'][number],
): BuildPlan['runtimes'][number] {
  const entry = fittingEntry(catalogue, tool, request);
  return {
    tool,
    version: entry?.version ?? request?.range ?? 'latest',
    from: request?.from ?? (entry ? 'the newest in the runtime catalogue' : 'nothing asks for a version'),
  };
}

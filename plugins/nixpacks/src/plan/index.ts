import type { BuildPlan } from '@containr/sdk/contracts';
import { renderDockerfile } from './dockerfile.ts';
import type { Draft } from './draft.ts';
import { planError } from './plan-error.ts';
import { asOneProcess } from './procfile.ts';
import type { PlanOptions, Provider } from './provider.ts';
import { goProvider } from './providers/go.ts';
import { nodeProvider } from './providers/node.ts';
import { pythonProvider } from './providers/python.ts';
import { staticProvider } from './providers/static.ts';
import { SourceTree } from './source-tree.ts';

export { SourceTree } from './source-tree.ts';
export type { PlanOptions } from './provider.ts';
export type { DescribeOptions, PlanDescription } from './describe.ts';
export { describePlan } from './describe.ts';
export type { Dialect } from './outline/index.ts';

/** In the order in which they are asked; the first that recognises a source plans it. */
const providers: readonly Provider[] = [nodeProvider, goProvider, pythonProvider, staticProvider];

/** The provider that recognises a source, and why; `null` when none does. */
export function detect(source: SourceTree): { provider: Provider; reason: string } | null {
  for (const provider of providers) {
    const reason = provider.detect(source);
    if (reason !== null) return { provider, reason };
  }
  return null;
}

/** Plans a source. Throws `SOURCE_EMPTY`, `PLAN_NOT_FOUND` or `BUILDER_NEEDS_ENGINE`, each with what to do. */
export function planSource(source: SourceTree, options: PlanOptions): BuildPlan {
  if (source.list().filter((name) => name !== '.git').length === 0) {
    throw planError(
      'SOURCE_EMPTY',
      'The source holds no files.',
      'Commit the application and push again, or set the root directory of the service.',
    );
  }
  const found = detect(source);
  if (!found) {
    throw planError(
      'PLAN_NOT_FOUND',
      'It could not be found out how to build this source: there is no package.json, go.mod, requirements.txt, pyproject.toml, main.py or index.html.',
      'Add one of these, bring a Dockerfile, or set the root directory of the service to the folder that has one.',
    );
  }
  return finish(override(found.provider.plan(source, options), options), source, options);
}

function override(draft: Draft, { settings }: PlanOptions): Draft {
  const why = [...draft.why];
  const said = (what: string, command: string | null): void => {
    if (command !== null) why.push({ what: `${what}: ${command}`, from: 'the service’s settings' });
  };
  said('install', settings.installCommand);
  said('build', settings.buildCommand);
  said('start', settings.startCommand);
  return {
    ...draft,
    why,
    ...(settings.installCommand === null ? {} : { install: [settings.installCommand], manifests: [] }),
    ...(settings.buildCommand === null ? {} : { build: [settings.buildCommand] }),
    ...(settings.startCommand === null ? {} : { start: asOneProcess(settings.startCommand) }),
  };
}

function finish(draft: Draft, source: SourceTree, options: PlanOptions): BuildPlan {
  const { runtime } = draft;
  const plan = {
    builder: 'nixpacks',
    provider: draft.provider,
    runtimes: [{ tool: draft.tool, version: runtime.version, from: draft.versionFrom }],
    packages: [],
    install: [...draft.install],
    build: [...draft.build, ...draft.prune],
    start: draft.start === null ? null : withPath(draft.start, draft.path),
    staticRoot: draft.staticRoot,
    port: draft.port,
    variables: { ...draft.variables },
    caches: [...draft.caches],
    toolchains: runtime.toolchain
      ? [
          {
            tool: draft.tool,
            package: runtime.toolchain.package.replaceAll('{platform}', options.platform),
            version: runtime.toolchain.version,
            bin: runtime.toolchain.bin,
          },
        ]
      : [],
    dockerfilePath: null,
    target: null,
    files: { ...draft.files },
    why: [...draft.why],
  };
  if (runtime.image === null) return { ...plan, dockerfile: null, baseImages: [] };
  const run = runtime.runImage ?? runtime.image;
  return {
    ...plan,
    dockerfile: renderDockerfile(draft, plan, source, Object.keys(options.variables)),
    baseImages: [...new Set([runtime.image, run])],
  };
}

/** The application's own programs come first on PATH, whatever starts it. */
function withPath(start: string, folders: readonly string[]): string {
  if (folders.length === 0 || /^exec (node|npm) /.test(start)) return start;
  return `PATH="${folders.map((folder) => `$PWD/${folder}`).join(':')}:$PATH"; export PATH; ${start}`;
}

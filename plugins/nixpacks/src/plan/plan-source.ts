import type { BuildPlan } from '@containr/sdk/contracts';
import { servedByCaddy } from './caddy-site.ts';
import { fittingEntry } from './choose-version.ts';
import { renderDockerfile } from './dockerfile.ts';
import type { Draft } from './draft.ts';
import { languageDraft } from './language-draft.ts';
import type { Outline } from './outline/index.ts';
import { configurationsIn, configured, outlineSource, recognise } from './outline/index.ts';
import { planError } from './plan-error.ts';
import { asOneProcess } from './procfile.ts';
import { managedPython, pythonManager } from './python-manager.ts';
import type { PlanOptions, Provider } from './provider.ts';
import { goProvider } from './providers/go.ts';
import { nodeProvider } from './providers/node.ts';
import { pythonProvider } from './providers/python.ts';
import { staticProvider } from './providers/static.ts';
import type { SourceTree } from './source-tree.ts';

/** Languages whose commands are shaped for both runtimes; the others are built by their language's image as they stand. */
const shaped: readonly Provider[] = [nodeProvider, goProvider, pythonProvider, staticProvider];

/** The language that recognises a source, and why; `null` when none does. */
export function detect(
  source: SourceTree,
  variables: Readonly<Record<string, string>> = {},
): { name: string; reason: string } | null {
  return recognise(source, { variables });
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
  const { variables } = options;
  const caddy = options.runtime === 'process' ? null : fittingEntry(options.catalogue, 'caddy', null);
  const outline = outlineSource(source, { variables, caddy: caddy !== null });
  if (outline === null) {
    throw planError(
      'PLAN_NOT_FOUND',
      'It could not be found out how to build this source: no language, Procfile, start script or index.html is recognised.',
      'Add one of these, bring a Dockerfile, or set the root directory of the service to the folder that has one.',
    );
  }
  const draft = override(draftOf(outline, source, options), options);
  const site = caddy !== null && draft.staticRoot !== null && outline.start?.startsWith('caddy ');
  return finish(
    site ? servedByCaddy(draft, caddy, outline.start ?? '', outline.provider === 'node') : draft,
    source,
    options,
  );
}

function draftOf(outline: Outline, source: SourceTree, options: PlanOptions): Draft {
  const bun = outline.tools.some(({ tool }) => tool === 'bun') && options.runtime !== 'process';
  const provider = shaped.find(({ name }) => name === outline.provider);
  if (provider === undefined || (bun && fittingEntry(options.catalogue, 'bun', null) !== null))
    return languageDraft(outline, source, options);
  const manager = pythonManager(outline);
  if (manager !== null) return managedPython(languageDraft(outline, source, options), manager);
  const { variables } = options;
  const packages = options.runtime === 'process' ? [] : outline.packages;
  return configurationsIn(source, { variables }).reduce(
    (draft, said) => ({
      ...configured({ packages, ...draft }, said),
      ...(said.install === null ? {} : { manifests: [] }),
    }),
    provider.plan(source, options),
  );
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
    packages: [...(draft.packages ?? [])],
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

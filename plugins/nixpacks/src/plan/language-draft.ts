import type { RuntimeEntry } from '../contract.ts';
import type { VersionRequest } from './choose-version.ts';
import { chooseVersion } from './choose-version.ts';
import type { Draft } from './draft.ts';
import type { Outline } from './outline/index.ts';
import { planError } from './plan-error.ts';
import { asOneProcess } from './procfile.ts';
import type { PlanOptions } from './provider.ts';
import type { SourceTree } from './source-tree.ts';

/** What Debian's full images of languages bring along already. */
const brought = new Set([
  ...['build-essential', 'git', 'unzip', 'libyaml-dev', 'libpq-dev'],
  ...['default-libmysqlclient-dev', 'imagemagick'],
]);

const phpServer = '.containr/start-container.sh';

/**
 * Shapes an outline for an engine: one image of the language builds, the same or a smaller one runs. Throws
 * `PLAN_NOT_FOUND` when the catalogue has no image or nothing says what to start, `BUILDER_NEEDS_ENGINE` without an engine.
 */
export function languageDraft(outline: Outline, source: SourceTree, options: PlanOptions): Draft {
  const tool = imageTool(outline);
  const asked = outline.tools.find((candidate) => candidate.tool === tool)?.request ?? null;
  const version = chooseVersion(options.catalogue, tool, asked && minorOf(asked), options.runtime);
  if (outline.start === null && options.settings.startCommand === null) {
    throw planError(
      'PLAN_NOT_FOUND',
      `This ${outline.provider} source has nothing that says what to start.`,
      'Add a Procfile with a web line, or set the start command of the service.',
    );
  }
  const php = outline.provider === 'php';
  const build = [...outline.build];
  return {
    provider: outline.provider,
    tool,
    runtime: version.entry,
    versionFrom: version.from,
    manifests: [],
    packages: outline.packages.filter((name) => !brought.has(name) || isSlim(version.entry)),
    // What the build does again anyway, for the layers of another engine, is done once here.
    install: outline.install.filter((command) => !build.includes(command)),
    build,
    prune: [],
    start: outline.start === null ? null : asOneProcess(outline.start),
    staticRoot: outline.staticRoot,
    port: null,
    variables: outline.variables,
    caches: outline.caches.filter((folder) => !folder.startsWith('/app/')),
    files: php ? { [phpServer]: phpStart(source) } : {},
    rootFiles: php ? { '/start-container.sh': phpServer } : {},
    plainPrograms: php ? ['/usr/local/bin/frankenphp'] : [],
    path: outline.provider === 'node' ? ['node_modules/.bin'] : [],
    why: [{ what: `${tool} ${version.entry.version}`, from: version.from }, ...outline.why],
  };
}

/** The catalogue's tool whose image brings everything that the commands name. */
function imageTool({ tools, build }: Outline): string {
  const names = tools.map(({ tool }) => tool);
  const wrapped = build.some((command) => /^\.\/(gradlew|mvnw) /.test(command));
  if (names[0] === 'java' && !wrapped) return names[1] ?? 'java';
  if (names.includes('bun')) return 'bun';
  return names[0] ?? 'debian';
}

/** Official images follow the newest patch of a minor version, and each language writes ranges in its own way. */
function minorOf({ range, from }: VersionRequest): VersionRequest {
  const minor = /^v?(\d+\.\d+)\.\d+$/.exec(range)?.[1];
  return {
    range:
      minor ??
      range
        .replace(/~>\s*/g, '^')
        .replace(/\s*\|+\s*/g, ' || ')
        .replace(/,/g, ' '),
    from,
  };
}

function isSlim({ image }: RuntimeEntry): boolean {
  return image?.includes('slim') === true;
}

/** FrankenPHP serves `public/` where the site has one. */
function phpStart(source: SourceTree): string {
  const root = source.has('public/index.php') ? '/app/public' : '/app';
  return `#!/bin/sh\nset -e\nexec frankenphp php-server --root ${root} --listen ":\${PORT:-80}"\n`;
}

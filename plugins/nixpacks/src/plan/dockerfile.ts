import { shellCommand } from '@containr/sdk';
import type { Draft } from './draft.ts';
import type { SourceTree } from './source-tree.ts';

const folder = '/app';
const user = '1000:1000';

/**
 * Writes the Dockerfile of a plan: manifests and install first, so that an engine keeps that layer; then the source; then
 * a last stage that runs as no root. Uses only what BuildKit's oldest built-in frontend knows: no `# syntax`, no heredoc.
 */
export function renderDockerfile(
  draft: Draft,
  plan: { build: readonly string[]; start: string | null },
  source: SourceTree,
  variables: readonly string[],
): string {
  const { image, runImage } = draft.runtime;
  const mounts = [
    ...draft.caches.map((target) => `--mount=type=cache,sharing=locked,target=${target}`),
    ...(draft.tool === 'node' ? ['--mount=type=secret,id=npmrc,target=/root/.npmrc'] : []),
    ...(draft.tool === 'python' ? ['--mount=type=secret,id=pipconf,target=/root/.config/pip/pip.conf'] : []),
  ].join(' ');
  const run = (command: string): string =>
    `RUN ${mounts === '' ? '' : `${mounts} `}${JSON.stringify(shellCommand(command))}`;
  const environment = Object.entries(draft.variables).map(([name, value]) => `ENV ${name}=${JSON.stringify(value)}`);
  const buildEnvironment = environment.filter((line) => !line.startsWith('ENV NODE_ENV='));
  const manifests =
    draft.manifests.length > 0 && draft.install.length > 0 && !hasInstallHooks(source) ? draft.manifests : [];
  const installs = draft.install.map(run);
  const packages = packageSteps(draft.packages ?? [], draft.tool);
  const lines = [
    `FROM ${image} AS build`,
    `WORKDIR ${folder}`,
    ...packages,
    ...buildEnvironment,
    ...variables.filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)).map((name) => `ARG ${name}`),
    ...(manifests.length > 0
      ? [`COPY ${JSON.stringify([...manifests, './'])}`, ...installs, 'COPY . .']
      : ['COPY . .', ...installs]),
    ...plan.build.map(run),
    '',
    `FROM ${runImage ?? image}`,
    `WORKDIR ${folder}`,
    ...(runImage === null ? packages : []),
    ...environment,
    `ENV HOME=${folder}`,
    `RUN ["chown", "${user}", "${folder}"]`,
    ...(draft.plainPrograms ?? []).map((path) => runIn(`cp ${path} /tmp/plain && mv /tmp/plain ${path}`)),
    ...copies(draft),
    ...Object.entries(draft.rootFiles ?? {}).map(
      ([path, from]) => `COPY --from=build --chmod=755 ${folder}/${from} ${path}`,
    ),
    `USER ${user}`,
    ...(plan.start === null ? [] : [`CMD ${JSON.stringify(shellCommand(plan.start))}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** A step that a shell of the build runs. */
function runIn(command: string): string {
  return `RUN ${JSON.stringify(shellCommand(command))}`;
}

/** A static site leaves its sources and packages behind. */
function copies(draft: Draft): readonly string[] {
  const from = `COPY --from=build --chown=${user}`;
  if (draft.staticRoot === null || draft.staticRoot === '.') return [`${from} ${folder} ${folder}`];
  return [
    `${from} ${folder}/.containr ${folder}/.containr`,
    `${from} ${folder}/${draft.staticRoot} ${folder}/${draft.staticRoot}`,
  ];
}

/** Install scripts of the application itself may need its sources. */
function hasInstallHooks(source: SourceTree): boolean {
  const scripts = source.has('package.json') ? source.json('package.json')?.['scripts'] : null;
  const names = typeof scripts === 'object' && scripts !== null ? Object.keys(scripts) : [];
  return (
    names.some((name) => ['preinstall', 'install', 'postinstall', 'prepare'].includes(name)) ||
    source.hasFolder('patches')
  );
}

/** Debian packages by apt; extensions of PHP and Composer by the installer that its image brings. */
function packageSteps(names: readonly string[], tool: string): readonly string[] {
  const valid = names.filter((name) => /^[a-z0-9][a-z0-9+.-]*$/.test(name));
  const extensions = tool === 'php' ? valid.filter((name) => name.startsWith('php-')).map((name) => name.slice(4)) : [];
  const packages = valid.filter((name) => tool !== 'php' || !name.startsWith('php-'));
  return [
    ...(packages.length > 0
      ? [
          runIn(
            `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')} && rm -rf /var/lib/apt/lists/*`,
          ),
        ]
      : []),
    ...(tool === 'php'
      ? [
          `RUN ["install-php-extensions", ${['@composer', ...extensions].map((name) => JSON.stringify(name)).join(', ')}]`,
        ]
      : []),
  ];
}

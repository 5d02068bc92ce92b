import type { Draft } from '../draft.ts';
import type { Provider } from '../provider.ts';
import { siteIn } from '../outline/index.ts';
import { manifestOf } from '../outline/manifest.ts';
import { planError } from '../plan-error.ts';
import { asOneProcess, readProcfile } from '../procfile.ts';
import type { SourceTree } from '../source-tree.ts';
import { staticServe } from '../static-site.ts';
import { chooseVersion } from '../choose-version.ts';
import type { VersionRequest } from '../choose-version.ts';
import { managerOf } from './node-package-manager.ts';

/** Node applications, and sites that Node builds. */
export const nodeProvider: Provider = {
  name: 'node',
  detect: (source) => (source.has('package.json') ? 'package.json is there' : null),
  plan(source, options): Draft {
    const manifest = manifestOf(source)?.raw ?? {};
    const scripts = strings(manifest['scripts']);
    const version = chooseVersion(
      options.catalogue,
      'node',
      nodeRequest(source, manifest, options.variables),
      options.runtime,
    );
    const manager = managerOf(source, manifest);
    const why = [
      { what: `Node ${version.entry.version}`, from: version.from },
      { what: `${manager.name} installs packages`, from: manager.from },
    ];
    const build = scripts['build'] === undefined ? [] : [manager.run('build')];
    if (build.length > 0) why.push({ what: `build: ${manager.run('build')}`, from: 'scripts.build in package.json' });
    const common = {
      tool: 'node',
      runtime: version.entry,
      versionFrom: version.from,
      manifests: manager.manifests,
      caches: manager.caches,
      build,
      port: null,
      path: ['node_modules/.bin'],
    };
    const site = siteIn(source, options.variables);
    if (site && !options.settings.startCommand && !readProcfile(source).has('web')) {
      why.push({
        what: `serve ${site.folder} as a static site`,
        from: site.framework,
      });
      const serve = staticServe(site.folder);
      return {
        ...common,
        provider: 'static',
        install: manager.install({ development: true }),
        prune: [],
        start: serve.start,
        staticRoot: site.folder,
        variables: {},
        files: serve.files,
        why,
      };
    }
    const start = startCommand(source, manifest, scripts);
    why.push({ what: `start: ${start.command}`, from: start.from });
    const developed = startedBy(manifest, scripts, start.command);
    if (developed !== null)
      why.push({ what: 'keep development packages', from: `${developed} is one, and starts the application` });
    return {
      ...common,
      provider: 'node',
      install: manager.install({ development: build.length > 0 || developed !== null }),
      prune: build.length > 0 && developed === null ? manager.prune : [],
      start: start.command,
      staticRoot: null,
      variables: { NODE_ENV: 'production' },
      files: {},
      why,
    };
  },
};

function nodeRequest(
  source: SourceTree,
  manifest: Record<string, unknown>,
  variables: Readonly<Record<string, string>>,
): VersionRequest | null {
  const asked: readonly (readonly [string | undefined, string])[] = [
    [variables['NIXPACKS_NODE_VERSION'], 'the variable NIXPACKS_NODE_VERSION'],
    [strings(manifest['engines'])['node'], 'engines.node in package.json'],
    [source.text('.nvmrc')?.trim(), '.nvmrc'],
    [source.text('.node-version')?.trim(), '.node-version'],
    [/^nodejs\s+(\S+)/m.exec(source.text('.tool-versions') ?? '')?.[1], '.tool-versions'],
    [strings(manifest['volta'])['node'], 'volta.node in package.json'],
  ];
  for (const [range, from] of asked) if (range) return { range, from };
  return null;
}

function startCommand(
  source: SourceTree,
  manifest: Record<string, unknown>,
  scripts: Record<string, string>,
): { command: string; from: string } {
  const web = readProcfile(source).get('web');
  if (web) return { command: asOneProcess(web), from: 'web in the Procfile' };
  const script = scripts['start'];
  if (script !== undefined) {
    // Running the script's own text saves npm's process and its memory; npm runs it when there is more around it.
    const plain = scripts['prestart'] === undefined && scripts['poststart'] === undefined && !script.includes('npm_');
    return { command: plain ? asOneProcess(script) : 'exec npm start', from: 'scripts.start in package.json' };
  }
  const main = typeof manifest['main'] === 'string' ? manifest['main'] : null;
  const file = [main, 'server.js', 'server.mjs', 'index.js', 'index.mjs', 'app.js'].find(
    (name) => name !== null && source.has(name),
  );
  if (file) return { command: `exec node ${file}`, from: file === main ? 'main in package.json' : `${file} is there` };
  throw planError(
    'PLAN_NOT_FOUND',
    'package.json has no start script, and no server.js, index.js or app.js is there.',
    'Add a start script to package.json, or set the start command of the service.',
  );
}

/** The development package that the start command runs, if it does: without it nothing would start. */
function startedBy(manifest: Record<string, unknown>, scripts: Record<string, string>, command: string): string | null {
  const words = new Set(`${command} ${scripts['start'] ?? ''}`.split(/[^\w@./-]+/));
  return Object.keys(strings(manifest['devDependencies'])).find((name) => words.has(name)) ?? null;
}

function strings(value: unknown): Record<string, string> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

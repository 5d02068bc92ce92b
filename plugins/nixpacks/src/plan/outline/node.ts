import { askedVersion, at, textOf } from './asked-version.ts';
import type { Manifest } from './manifest.ts';
import { looseJson, manifestOf } from './manifest.ts';
import { nodeManager, nodeVersionFiles } from './node-manager.ts';
import { siteOf } from './node-site.ts';
import type { OutlineContext, OutlineProvider } from './outline.ts';
import { outlineOf } from './outline.ts';
import { serveSite } from './serve-site.ts';

interface Said {
  readonly command: string;
  readonly from: string;
}

/** Node and Bun applications, and sites that they build. */
export const node: OutlineProvider = {
  name: 'node',
  detect: ({ source }) => ['package.json', 'package.json5'].find((name) => source.has(name)) ?? null,
  outline(context) {
    const manifest = manifestOf(context.source);
    if (manifest === null) return outlineOf('node', {});
    const manager = nodeManager(context, manifest);
    const build = buildOf(context, manifest, manager.name);
    const site = siteOf(context, manifest);
    const start = site
      ? { ...serveSite(context, site.folder), from: site.framework }
      : startOf(context, manifest, manager.name);
    const bun = manager.name === 'bun' || /(^|[\s;&|])bunx?\s/.test(Object.values(manifest.scripts).join('\n'));
    const nodeNeeded = !bun || manager.name !== 'bun' || Object.keys(manifest.packages).length > 0;
    const request = askedVersion(context, 'node', [
      [manifest.engines['node'], `engines.node in ${manifest.file}`],
      ...nodeVersionFiles(context),
      [textOf(at(manifest.raw, 'volta')['node']), `volta.node in ${manifest.file}`],
    ]);
    return outlineOf('node', {
      tools: [
        ...(nodeNeeded ? [{ tool: 'node', request }] : []),
        ...(manager.name === 'npm' ? [] : [{ tool: manager.name, request: manager.version }]),
        ...(bun && manager.name !== 'bun' ? [{ tool: 'bun', request: askedVersion(context, 'bun') }] : []),
      ],
      packages: systemPackages(manifest),
      install: [manager.install],
      build: build ? [build.command] : [],
      start: start?.command ?? null,
      staticRoot: site?.folder ?? null,
      variables: {
        NODE_ENV: 'production',
        CI: 'true',
        ...('next' in manifest.packages ? { NEXT_TELEMETRY_DISABLED: '1' } : {}),
      },
      caches: manager.caches,
      why: [
        { what: `${manager.name} installs packages`, from: manager.from },
        ...(build ? [{ what: `build: ${build.command}`, from: build.from }] : []),
        ...(start ? [{ what: `start: ${start.command}`, from: start.from }] : []),
      ],
    });
  },
};

function buildOf(context: OutlineContext, manifest: Manifest, manager: string): Said | null {
  const { source, dialect } = context;
  if (dialect === 'nixpacks' && source.has('turbo.json')) return { command: 'npx turbo run build', from: 'turbo.json' };
  if (manifest.scripts['build'] !== undefined)
    return { command: `${manager} run build`, from: `scripts.build in ${manifest.file}` };
  const nx = nxApplication(context);
  return nx ? { command: `npx nx build ${nx.name}`, from: 'nx.json' } : null;
}

function startOf(context: OutlineContext, manifest: Manifest, manager: string): Said | null {
  const { source, dialect } = context;
  const uses = (name: string): boolean => name in manifest.packages;
  if (manifest.scripts['start'] !== undefined)
    return { command: `${manager} run start`, from: `scripts.start in ${manifest.file}` };
  if (dialect === 'nixpacks' && source.has('turbo.json')) return { command: 'npx turbo run start', from: 'turbo.json' };
  const nx = nxApplication(context);
  if (nx)
    return {
      command: nx.next ? `cd ${nx.folder} && npx next start` : `node dist/${nx.folder}/main.js`,
      from: `${nx.folder}, the application of the Nx workspace`,
    };
  const main = textOf(manifest.raw['main']);
  const runner = manager === 'bun' ? 'bun' : 'node';
  if (main !== null && (source.has(main) || (manifest.scripts['build'] !== undefined && main !== 'index.js')))
    return { command: `${runner} ${main}`, from: `main in ${manifest.file}` };
  const files = [
    'index.js',
    'index.mjs',
    ...(dialect === 'nixpacks' && runner === 'node' ? [] : ['index.ts']),
    'server.js',
    'app.js',
  ];
  const file = files.find((name) => source.has(name));
  if (file) return { command: `${runner} ${file}`, from: `${file} is there` };
  if (uses('nuxt')) return { command: 'node .output/server/index.mjs', from: 'Nuxt' };
  if (uses('next')) return { command: 'npx next start', from: 'Next' };
  if (uses('@sveltejs/adapter-node'))
    return { command: 'node build/index.js', from: 'SvelteKit with its Node adapter' };
  if (uses('@tanstack/react-start') || uses('@tanstack/solid-start'))
    return { command: 'npx srvx --prod -s ../client dist/server/server.js', from: 'TanStack Start' };
  if (uses('astro')) return { command: 'node ./dist/server/entry.mjs', from: 'Astro with its Node adapter' };
  return null;
}

/** The application of an Nx workspace that is built: the one asked for, else the first below apps/. */
function nxApplication({ source, variables }: OutlineContext): { name: string; folder: string; next: boolean } | null {
  if (!source.has('nx.json')) return null;
  const asked = variables['RAILPACK_NX_APP'] ?? variables['NIXPACKS_NX_APP_NAME'];
  const folders = source.list('apps').filter((name) => !name.endsWith('-e2e') && source.hasFolder(`apps/${name}`));
  const found = folders.find((name) => name === asked) ?? folders[0];
  if (found === undefined) return null;
  const folder = `apps/${found}`;
  const own = manifestOf(source, folder);
  const name = textOf(looseJson(source, `${folder}/project.json`)['name']) ?? textOf(own?.raw['name']) ?? found;
  return { name, folder, next: own !== null && 'next' in own.packages };
}

function systemPackages({ packages }: Manifest): readonly string[] {
  return [
    ...('puppeteer' in packages ? ['chromium', 'fonts-liberation'] : []),
    ...('@prisma/client' in packages || 'prisma' in packages ? ['openssl'] : []),
  ];
}

import { at, textOf } from './asked-version.ts';
import type { Manifest } from './manifest.ts';
import { looseJson } from './manifest.ts';
import type { OutlineContext } from './outline.ts';

/** Start scripts that only serve a development copy of what the build makes. */
const developmentStarts =
  /^(ng serve|react-scripts start|next start|expo start|vite( dev| preview)?|astro (dev|preview)|gatsby (develop|serve))\b/;
const endings = ['ts', 'js', 'mjs', 'mts', 'cjs'];

/** The folder of files that a front-end build makes, and the framework; `null` when the source brings a server. */
export function siteOf(context: OutlineContext, manifest: Manifest): { folder: string; framework: string } | null {
  const { variables } = context;
  if (/^(1|true)$/i.test(variables['RAILPACK_NO_SPA'] ?? variables['NIXPACKS_NO_SPA'] ?? '')) return null;
  const asked = variables['RAILPACK_SPA_OUTPUT_DIR'] ?? variables['NIXPACKS_SPA_OUT_DIR'];
  if (asked) return { folder: asked, framework: 'the variable for the output folder' };
  if (manifest.scripts['build'] === undefined) return null;
  const start = manifest.scripts['start'];
  const servers = ['server.js', 'server.mjs', 'index.js', 'app.js', textOf(manifest.raw['main']) ?? ''];
  if (start === undefined && servers.some((name) => name !== '' && context.source.has(name))) return null;
  const found = framework(context, manifest);
  if (found === null) return null;
  const served = found.framework === 'React Router' || start === undefined || developmentStarts.test(start.trim());
  return served ? found : null;
}

function framework(
  context: OutlineContext,
  { packages, scripts }: Manifest,
): { folder: string; framework: string } | null {
  const { source } = context;
  const build = scripts['build'] ?? '';
  const config = (name: string): string =>
    endings.map((ending) => source.text(`${name}.config.${ending}`)).find((text) => text !== null) ?? '';
  const uses = (...names: readonly string[]): boolean => names.some((name) => name in packages);
  const out = (text: string): string | undefined => /\boutDir:\s*["'`](?:\.\/)?([\w./-]+)["'`]/.exec(text)?.[1];
  if (uses('@react-router/dev'))
    return /\bssr:\s*false/.test(config('react-router')) ? { folder: 'build/client', framework: 'React Router' } : null;
  if (uses('@remix-run/dev'))
    return /\bssr:\s*false/.test(config('vite')) ? { folder: 'build/client', framework: 'Remix' } : null;
  if (uses('@sveltejs/kit'))
    return uses('@sveltejs/adapter-static') ? { folder: 'build', framework: 'SvelteKit' } : null;
  if (uses('nuxt')) return /nuxt generate/.test(build) ? { folder: '.output/public', framework: 'Nuxt' } : null;
  if (uses('@tanstack/react-start', '@tanstack/solid-start', '@builder.io/qwik-city')) return null;
  if (uses('next'))
    return /\boutput:\s*["']export["']/.test(config('next')) ? { folder: 'out', framework: 'Next' } : null;
  if (uses('astro')) {
    const text = config('astro');
    if (/\boutput:\s*["'](server|hybrid)["']/.test(text) || /\badapter:/.test(text)) return null;
    return { folder: out(text) ?? 'dist', framework: 'Astro' };
  }
  if (uses('expo')) return /expo export/.test(build) ? { folder: 'dist', framework: 'Expo' } : null;
  if (uses('@angular/core') && source.has('angular.json'))
    return { folder: angularFolder(context), framework: 'Angular' };
  if (uses('react-scripts')) return { folder: 'build', framework: 'Create React App' };
  if (uses('gatsby')) return { folder: 'public', framework: 'Gatsby' };
  if (uses('@vue/cli-service')) return { folder: 'dist', framework: 'Vue CLI' };
  if (uses('vite') && /\bvite\b/.test(build))
    return { folder: /--outDir[ =](\S+)/.exec(build)?.[1] ?? out(config('vite')) ?? 'dist', framework: 'Vite' };
  return null;
}

function angularFolder({ source }: OutlineContext): string {
  const [name, project] = Object.entries(at(looseJson(source, 'angular.json'), 'projects'))[0] ?? ['app', {}];
  const options = at(project, 'architect', 'build', 'options');
  const builder = textOf(at(project, 'architect', 'build')['builder']) ?? '';
  const base = textOf(options['outputPath']) ?? textOf(at(options, 'outputPath')['base']) ?? `dist/${name}`;
  return builder.endsWith(':application') ? `${base}/browser` : base;
}

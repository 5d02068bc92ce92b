import { askedVersion, at, textOf } from './asked-version.ts';
import { looseJson, manifestOf } from './manifest.ts';
import { nodeManager } from './node-manager.ts';
import type { OutlineProvider } from './outline.ts';
import { outlineOf } from './outline.ts';

/** PHP sites; Laravel with its front end. */
export const php: OutlineProvider = {
  name: 'php',
  detect: ({ source }) => ['index.php', 'composer.json', 'artisan'].find((name) => source.has(name)) ?? null,
  outline(context) {
    const { source, dialect } = context;
    const composer = looseJson(source, 'composer.json');
    const required = at(composer, 'require');
    const laravel = source.has('artisan');
    const manifest = manifestOf(source);
    const manager = manifest ? nodeManager(context, manifest) : null;
    const script = ['build', 'prod', 'production'].find((name) => manifest?.scripts[name] !== undefined);
    const extensions = Object.keys(required)
      .filter((name) => name.startsWith('ext-'))
      .map((name) => name.slice(4));
    return outlineOf('php', {
      tools: [
        {
          tool: 'php',
          request: askedVersion(context, 'php', [[textOf(required['php']), 'require.php in composer.json']]),
        },
        ...(manager && manifest
          ? [
              {
                tool: 'node',
                request: askedVersion(context, 'node', [[manifest.engines['node'], 'engines.node in package.json']]),
              },
            ]
          : []),
      ],
      packages: ['git', 'unzip', ...extensions.map((name) => `php-${name}`)],
      install: [
        ...(source.has('composer.json')
          ? [
              dialect === 'nixpacks'
                ? 'composer install --ignore-platform-reqs'
                : 'composer install --optimize-autoloader --no-scripts --no-interaction --no-dev',
            ]
          : []),
        ...(manager ? [manager.install] : []),
      ],
      build: [
        ...(script && manager ? [`${manager.name} run ${script}`] : []),
        ...(laravel && dialect === 'railpack'
          ? ['config:cache', 'event:cache', 'route:cache', 'view:cache'].map((task) => `php artisan ${task}`)
          : []),
      ],
      start: '/start-container.sh',
      staticRoot: null,
      variables: {
        ...(laravel ? { APP_ENV: 'production', LOG_CHANNEL: 'stderr' } : {}),
        CONTAINR_PHP_ROOT:
          source.hasFolder('public') && (laravel || source.has('public/index.php')) ? '/app/public' : '/app',
      },
      caches: ['/root/.composer'],
      why: [
        {
          what: laravel ? 'a Laravel application' : 'a PHP site',
          from: laravel ? 'artisan' : source.has('composer.json') ? 'composer.json' : 'index.php',
        },
      ],
    });
  },
};

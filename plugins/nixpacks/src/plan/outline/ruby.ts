import { askedVersion, versionLine } from './asked-version.ts';
import type { OutlineProvider } from './outline.ts';
import { outlineOf } from './outline.ts';

/** Bundler applications: Rails, Rack and plain scripts. */
export const ruby: OutlineProvider = {
  name: 'ruby',
  detect: ({ source }) => ['Gemfile', 'config.ru', 'app.rb', 'main.rb'].find((name) => source.has(name)) ?? null,
  outline(context) {
    const { source } = context;
    const gems = `${source.text('Gemfile') ?? ''}\n${source.text('Gemfile.lock') ?? ''}`;
    const uses = (name: string): boolean =>
      new RegExp(`(?:gem\\s*\\(?["']${name}["']|^[ \\t]+${name} \\()`, 'm').test(gems);
    const rails = source.has('config/application.rb') || source.has('bin/rails');
    const api = /^[ \t]*config\.api_only\s*=\s*true/m.test(source.text('config/application.rb') ?? '');
    const assets =
      rails && !api && /sprockets|propshaft|vite_rails|vite_ruby|shakapacker|importmap-rails|webpacker/.test(gems);
    const bootsnap = uses('bootsnap') || /bootsnap/.test(source.text('config/boot.rb') ?? '');
    const bundler = /BUNDLED WITH\s+(\S+)/.exec(gems)?.[1];
    const start = startOf(context, rails, uses);
    return outlineOf('ruby', {
      tools: [
        {
          tool: 'ruby',
          request: askedVersion(context, 'ruby', [
            [versionLine(source, '.ruby-version')?.replace(/^ruby-/, ''), '.ruby-version'],
            [/^[ \t]*ruby\s+["']([^"']+)["']/m.exec(gems)?.[1], 'ruby in the Gemfile'],
            [/RUBY VERSION\s+ruby (\d+\.\d+\.\d+)/.exec(gems)?.[1], 'Gemfile.lock'],
          ]),
        },
      ],
      packages: [
        'build-essential',
        'libyaml-dev',
        ...(uses('pg') ? ['libpq-dev'] : []),
        ...(uses('mysql2') ? ['default-libmysqlclient-dev'] : []),
        ...(uses('image_processing') || uses('mini_magick') ? ['imagemagick'] : []),
      ],
      install: source.has('Gemfile')
        ? [
            ...(bundler ? [`gem install -N bundler:${bundler}`] : []),
            'bundle install',
            ...(bootsnap ? ['bundle exec bootsnap precompile --gemfile'] : []),
          ]
        : [],
      build: [
        ...(assets ? ['SECRET_KEY_BASE_DUMMY=1 bundle exec rake assets:precompile'] : []),
        ...(bootsnap && rails ? ['bundle exec bootsnap precompile app/ lib/'] : []),
      ],
      start: start.command,
      variables: {
        BUNDLE_PATH: '/app/vendor/bundle',
        BUNDLE_WITHOUT: 'development:test',
        ...(rails ? { RAILS_ENV: 'production', RAILS_LOG_TO_STDOUT: '1', RAILS_SERVE_STATIC_FILES: '1' } : {}),
      },
      caches: [],
      why: [
        {
          what: rails ? 'a Rails application' : 'a Ruby application',
          from: rails ? 'config/application.rb' : 'Gemfile',
        },
        { what: `start: ${start.command ?? 'not known'}`, from: start.from },
      ],
    });
  },
};

function startOf(
  { source }: Parameters<OutlineProvider['outline']>[0],
  rails: boolean,
  uses: (gem: string) => boolean,
): { command: string | null; from: string } {
  if (rails && source.has('bin/rails'))
    return { command: 'bundle exec bin/rails server -b 0.0.0.0 -p ${PORT:-3000}', from: 'bin/rails' };
  if (source.has('config/environment.rb') && source.hasFolder('script'))
    return { command: 'bundle exec ruby script/server -p ${PORT:-3000}', from: 'script/server' };
  if (source.has('config.ru'))
    return { command: 'bundle exec rackup config.ru -o 0.0.0.0 -p ${PORT:-3000}', from: 'config.ru' };
  const file = ['app.rb', 'main.rb', 'server.rb'].find((name) => source.has(name));
  if (file) return { command: uses('sinatra') ? `bundle exec ruby ${file}` : `ruby ${file}`, from: file };
  return source.has('Rakefile')
    ? { command: 'bundle exec rake', from: 'Rakefile' }
    : { command: null, from: 'nothing names it' };
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { describePlan } from '../describe.ts';
import type { PlanDescription } from '../describe.ts';

type Files = Readonly<Record<string, string>>;

const json = (value: unknown): string => JSON.stringify(value);
const web = (packages: Readonly<Record<string, string>>, scripts: Readonly<Record<string, string>>): Files => ({
  'package.json': json({ scripts, dependencies: packages }),
});

/** Source, provider, install, build and start, the lists joined by `;`. */
const plans: readonly (readonly [string, Files, string, string, string, string | null])[] = [
  ['npm', web({}, { start: 'node a.js' }), 'node', 'npm install', '', 'npm run start'],
  [
    'pnpm by its lock file',
    { ...web({}, { start: 'x', build: 'tsc' }), 'pnpm-lock.yaml': "lockfileVersion: '9.0'" },
    'node',
    'pnpm install --frozen-lockfile --prefer-offline',
    'pnpm run build',
    'pnpm run start',
  ],
  [
    'yarn 1',
    { ...web({}, { start: 'x' }), 'yarn.lock': '' },
    'node',
    'yarn install --frozen-lockfile',
    '',
    'yarn run start',
  ],
  [
    'yarn berry',
    { 'package.json': json({ packageManager: 'yarn@4.1.0', scripts: { start: 'x' } }), 'yarn.lock': '' },
    'node',
    'yarn install --check-cache',
    '',
    'yarn run start',
  ],
  [
    'bun',
    { ...web({}, {}), 'bun.lock': '', 'index.ts': '' },
    'node',
    'bun install --frozen-lockfile',
    '',
    'bun index.ts',
  ],
  ['package.json5', { 'package.json5': "{ main: 'a.js', }", 'a.js': '' }, 'node', 'npm install', '', 'node a.js'],
  [
    'Nuxt',
    web({ nuxt: '4' }, { build: 'nuxt build' }),
    'node',
    'npm install',
    'npm run build',
    'node .output/server/index.mjs',
  ],
  [
    'Nx',
    {
      ...web({}, {}),
      'nx.json': '{}',
      'apps/shop/package.json': json({ name: '@a/shop', dependencies: { next: '16' } }),
    },
    'node',
    'npm install',
    'npx nx build @a/shop',
    'cd apps/shop && npx next start',
  ],
  [
    'pip and Flask',
    { 'app.py': '', 'requirements.txt': 'Flask\ngunicorn\n' },
    'python',
    'python -m venv /app/.venv;pip install -r requirements.txt',
    '',
    'gunicorn --bind 0.0.0.0:${PORT:-8000} app:app',
  ],
  [
    'uv and FastAPI',
    { 'main.py': 'from fastapi import FastAPI\n', 'pyproject.toml': '[project]\nname="a"', 'uv.lock': '' },
    'python',
    'uv sync --locked --no-dev --no-install-project',
    'uv sync --locked --no-dev --no-editable',
    'uvicorn main:app --host 0.0.0.0 --port ${PORT:-8000}',
  ],
  [
    'Poetry and Django',
    { 'manage.py': '', 'poetry.lock': '', 'shop/settings.py': "WSGI_APPLICATION = 'shop.wsgi.application'" },
    'python',
    'poetry install --no-interaction --no-ansi --only main --no-root',
    '',
    'python manage.py migrate && gunicorn --bind 0.0.0.0:${PORT:-8000} shop.wsgi:application',
  ],
  ['PDM', { 'bot.py': '', 'pdm.lock': '' }, 'python', 'pdm install --check --prod --no-editable', '', 'python bot.py'],
  ['Pipenv', { 'main.py': '', Pipfile: '' }, 'python', 'pipenv install --skip-lock', '', 'python main.py'],
  [
    'Go',
    { 'go.mod': 'module a\ngo 1.24\n', 'main.go': '' },
    'go',
    'go mod download',
    'go build -ldflags="-w -s" -o out',
    './out',
  ],
  [
    'Rust',
    { 'Cargo.toml': '[package]\nname = "ferry"' },
    'rust',
    'cargo build --release',
    'mkdir -p bin;cargo build --release;cp target/release/ferry bin',
    './bin/ferry',
  ],
  [
    'Rails',
    {
      Gemfile: "gem 'rails'\ngem 'bootsnap'\ngem 'sprockets-rails'\n",
      'bin/rails': '',
      'config/application.rb': 'class A; end',
    },
    'ruby',
    'bundle install;bundle exec bootsnap precompile --gemfile',
    'SECRET_KEY_BASE_DUMMY=1 bundle exec rake assets:precompile;bundle exec bootsnap precompile app/ lib/',
    'bundle exec bin/rails server -b 0.0.0.0 -p ${PORT:-3000}',
  ],
  ['Rack', { 'config.ru': '' }, 'ruby', '', '', 'bundle exec rackup config.ru -o 0.0.0.0 -p ${PORT:-3000}'],
  ['PHP', { 'index.php': '' }, 'php', '', '', '/start-container.sh'],
  [
    'Deno',
    { 'deno.json': '{ // tasks\n }', 'main.ts': '' },
    'deno',
    '',
    'deno cache main.ts',
    'deno run --allow-all main.ts',
  ],
  [
    'Gradle',
    { gradlew: '', 'build.gradle.kts': '' },
    'java',
    '',
    'chmod +x gradlew;./gradlew clean build -x check -x test -Pproduction',
    'java $JAVA_OPTS -jar $(ls -1 build/libs/*jar | grep -v plain)',
  ],
  [
    'Phoenix',
    { 'mix.exs': 'app: :shop, {:phoenix, "1"}, "assets.deploy": []' },
    'elixir',
    'mix local.hex --force;mix local.rebar --force;mix deps.get --only prod;mix deps.compile',
    'mix compile;mix assets.deploy;mix release',
    '/app/_build/prod/rel/shop/bin/shop start',
  ],
  [
    'Gleam',
    { 'gleam.toml': '' },
    'gleam',
    '',
    'gleam export erlang-shipment',
    './build/erlang-shipment/entrypoint.sh run',
  ],
  [
    '.NET',
    { 'Shop.csproj': '<TargetFramework>net9.0</TargetFramework>' },
    'dotnet',
    'dotnet restore',
    'dotnet publish --no-restore -c Release -o out',
    'ASPNETCORE_URLS=http://0.0.0.0:${PORT:-3000} ./out/Shop',
  ],
  [
    'Swift',
    { 'Package.swift': '', 'Sources/Shop/main.swift': '' },
    'swift',
    'swift package resolve',
    'CC=clang++ swift build -c release --static-swift-stdlib;cp ./.build/release/Shop ./Shop && rm -rf ./.build',
    './Shop',
  ],
  [
    'Dart',
    { 'pubspec.yaml': 'name: shop', 'bin/shop.dart': '' },
    'dart',
    'dart pub get',
    'dart compile exe bin/shop.dart',
    './bin/shop.exe',
  ],
  ['Zig', { 'build.zig': '.name = "shop"' }, 'zig', '', 'zig build -Doptimize=ReleaseSafe', './zig-out/bin/shop'],
  [
    'Crystal',
    { 'shard.yml': 'targets:\n  shop:\n    main: a.cr' },
    'crystal',
    'shards install',
    'shards build',
    './bin/shop',
  ],
  ['Scala', { 'build.sbt': 'name := "Shop"' }, 'scala', '', 'sbt stage', './target/universal/stage/bin/shop'],
  [
    'Haskell',
    { 'package.yaml': 'executables:\n  shop: {}' },
    'haskell',
    'stack setup',
    'stack install',
    '/root/.local/bin/shop',
  ],
  [
    'Meson',
    { 'meson.build': "executable('shop', 'a.cc')" },
    'cpp',
    '',
    'mkdir /build;meson setup /build;meson compile -C /build',
    '/build/shop',
  ],
  ['a start script', { 'start.sh': '#!/bin/bash\n' }, 'shell', '', 'chmod +x start.sh', 'bash start.sh'],
  ['a Procfile alone', { Procfile: 'web: ./serve $PORT' }, 'procfile', '', '', './serve $PORT'],
  ['PHP beside Node', { 'index.php': '', 'package.json': '{}' }, 'php', 'npm install', '', '/start-container.sh'],
];

describe('outlining a language', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  function folderOf(files: Files): string {
    const folder = mkdtempSync(join(tmpdir(), 'containr-outline-'));
    folders.push(folder);
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return folder;
  }

  const plan = (files: Files): PlanDescription => describePlan(folderOf(files), { variables: {} });

  for (const [name, files, provider, install, build, start] of plans) {
    it(`plans ${name}`, () => {
      const made = plan(files);
      expect({ ...made, install: made.install.join(';'), build: made.build.join(';') }).to.include({
        provider,
        install,
        build,
        start,
      });
    });
  }
});

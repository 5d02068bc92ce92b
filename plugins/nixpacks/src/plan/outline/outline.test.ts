import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { describePlan } from '../describe.ts';
import type { DescribeOptions, PlanDescription } from '../describe.ts';

type Files = Readonly<Record<string, string>>;

const json = (value: unknown): string => JSON.stringify(value);
const web = (packages: Readonly<Record<string, string>>, scripts: Readonly<Record<string, string>>): Files => ({
  'package.json': json({ scripts, dependencies: packages }),
});

describe('outlining a source', () => {
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

  const plan = (files: Files, more: Partial<DescribeOptions> = {}): PlanDescription =>
    describePlan(folderOf(files), { variables: {}, ...more });

  const sites: readonly (readonly [string, Files, string | null])[] = [
    ['Vite', web({ vite: '7' }, { build: 'vite build' }), 'dist'],
    [
      'Vite with a folder of its own',
      { ...web({ vite: '7' }, { build: 'vite build' }), 'vite.config.ts': "outDir: './out'" },
      'out',
    ],
    ['Astro', web({ astro: '5' }, { build: 'astro build' }), 'dist'],
    ['Astro with a server', { ...web({ astro: '5' }, { build: 'b' }), 'astro.config.mjs': "output: 'server'" }, null],
    [
      'Next exported',
      { ...web({ next: '16' }, { build: 'b', start: 'next start' }), 'next.config.mjs': 'output: "export"' },
      'out',
    ],
    ['Next with its server', web({ next: '16' }, { build: 'next build', start: 'next start' }), null],
    ['Create React App', web({ 'react-scripts': '5' }, { build: 'b', start: 'react-scripts start' }), 'build'],
    [
      'Angular',
      {
        ...web({ '@angular/core': '20' }, { build: 'ng build', start: 'ng serve' }),
        'angular.json': json({ projects: { a: { architect: { build: { builder: 'x:application' } } } } }),
      },
      'dist/a/browser',
    ],
    [
      'React Router without a server',
      { ...web({ '@react-router/dev': '7' }, { build: 'b', start: 's' }), 'react-router.config.ts': 'ssr: false' },
      'build/client',
    ],
    ['SvelteKit with its server', web({ '@sveltejs/kit': '2', vite: '7' }, { build: 'vite build' }), null],
    ['Vite beside a start script', web({ vite: '7' }, { build: 'vite build', start: 'node server.js' }), null],
  ];
  for (const [name, files, folder] of sites) {
    it(`knows what is served of ${name}`, () => expect(plan(files).staticRoot).to.equal(folder));
  }

  const versions: readonly (readonly [string, Files, string])[] = [
    ['.nvmrc', { ...web({}, {}), '.nvmrc': 'v22\n' }, 'node 22.22.2'],
    ['engines.node in package.json', { 'package.json': json({ engines: { node: '>=20 <21' } }) }, 'node 20.20.2'],
    ['mise.toml', { ...web({}, {}), 'mise.toml': '[tools]\nnode = "22"' }, 'node 22.22.2'],
    ['.tool-versions', { 'main.py': '', '.tool-versions': 'python 3.12\n' }, 'python 3.12.0'],
    ['global.json', { 'a.csproj': '', 'global.json': json({ sdk: { version: '7.0.1' } }) }, 'dotnet 7.0.1'],
    ['rust-toolchain.toml', { 'Cargo.toml': '', 'rust-toolchain.toml': '[toolchain]\nchannel = "1.70"' }, 'rust 1.70'],
    ['.ruby-version', { 'app.rb': '', '.ruby-version': 'ruby-2.1.0' }, 'ruby 2.1.0'],
    ['the go line in go.mod', { 'go.mod': 'go 1.24', 'main.go': '' }, 'go 1.24.0'],
    ['require.php in composer.json', { 'composer.json': json({ require: { php: '~7.1' } }) }, 'php ~7.1'],
  ];
  for (const [from, files, version] of versions) {
    it(`reads the version in ${from}`, () => {
      const [first] = plan(files).runtimes;
      expect(`${first?.tool} ${first?.version}`).to.equal(version);
      expect(first?.from).to.equal(from);
    });
  }

  it('lets configuration win over detection, and variables over files', () => {
    const files = {
      ...web({}, { start: 'node a.js', build: 'tsc' }),
      'railpack.json':
        '{ /* ours */ "steps": { "build": { "commands": ["...", "make"] } }, "deploy": { "startCommand": "./a" } }',
    };
    expect(plan(files)).to.deep.include({ build: ['npm run build', 'make'], start: './a' });
    const other = plan(files, { variables: { RAILPACK_START_CMD: './b', NIXPACKS_INSTALL_CMD: '' } });
    expect(other).to.deep.include({ install: [], start: './b' });
    expect(other.why.map(({ from }) => from)).to.include('the variables RAILPACK_*');
    const own = plan({ 'containr.json': json({ start: './c', packages: ['curl'] }) });
    expect(own).to.deep.include({ start: './c', packages: ['curl'] });
  });

  it('follows nixpacks where the source or a variable asks for it', () => {
    const files = { ...web({}, { start: 'x' }), 'package-lock.json': '{}' };
    expect(plan(files).install).to.deep.equal(['npm install']);
    expect(plan({ ...files, 'nixpacks.toml': '' }).install).to.deep.equal(['npm ci']);
    expect(plan(files, { variables: { NIXPACKS_NODE_VERSION: '22' } }).install).to.deep.equal(['npm ci']);
    expect(plan(files, { dialect: 'nixpacks' }).install).to.deep.equal(['npm ci']);
  });

  it('says where each decision comes from', () => {
    const { why } = plan({ ...web({}, { start: 'x' }), 'yarn.lock': '' });
    expect(why).to.deep.include({ what: 'yarn installs packages', from: 'yarn.lock' });
    expect(why.every(({ from }) => from !== '')).to.equal(true);
  });

  it('refuses a folder that nothing is recognised in', () => {
    expect(() => plan({}))
      .to.throw()
      .with.property('code', 'SOURCE_EMPTY');
    expect(() => plan({ 'README.md': '' }))
      .to.throw()
      .with.property('code', 'PLAN_NOT_FOUND');
    expect(() => plan({ 'package.json': '(' }))
      .to.throw()
      .with.property('code', 'PLAN_NOT_FOUND');
  });

  it('ends on links in circles and out of the folder, huge locks and odd names', () => {
    const folder = folderOf({
      'package.json': json({ workspaces: ['packages/*'], scripts: { start: 'x' } }),
      'pnpm-lock.yaml': `lockfileVersion: '6.0'\n${'a: b\n'.repeat(1_000_000)}`,
      'packages/a/package.json': json({ name: 'a', dependencies: { b: 'workspace:*' } }),
      'packages/b/package.json': json({ name: 'b', dependencies: { a: 'workspace:*' } }),
      'new\nline/"quoted".json': '',
    });
    symlinkSync('..', join(folder, 'packages/loop'));
    symlinkSync('/etc', join(folder, 'config'));
    expect(describePlan(folder, { variables: {} }).runtimes[1]).to.include({ tool: 'pnpm', version: '8' });
  });
});
